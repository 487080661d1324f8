"""Owners of rules are told that a state changed: once, to the right people, unless it is silenced (fictitious data)."""

import hashlib
import hmac
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from rich.console import Console
from tenacity import wait_none
from typer.testing import CliRunner

from entrepot import alert_cli
from entrepot.alerts import webhook
from entrepot.alerts.rules import load_alert_rules
from entrepot.alerts.sending import send
from entrepot.alerts.silences import silence, silences
from entrepot.alerts.webhook import WebhookError
from entrepot.cli import app
from entrepot.errors import EntrepotError
from entrepot.sender.calendar import today
from entrepot.sender.mail import MailServerError
from entrepot.settings import Settings
from entrepot.warehouse.engine import connect
from entrepot.warehouse.postgres import Server, free_port
from tests.alerts.hook import PATH, SECRET, Hook, hook
from tests.conftest import Warehouse, new_warehouse
from tests.sender.postbox import Postbox, postbox

pytestmark = pytest.mark.parametrize("server", ["embedded"], indirect=True)

NATIONAL, KEEPERS = "national@etat.test", "entrepot@etat.test"
DICTIONARY = "https://entrepot.test/dictionnaire.html"
DAY = date(2025, 3, 3)

SET_UP = """
create table marts.qualite_regles (
    regle text, trimestre text, qui_corrige text, severite text, phrase text, part numeric, nb_en_defaut bigint,
    nb_regardes bigint, etat text
);
insert into entrepot.jeu_regles values (repeat('a', 64));
insert into entrepot.regle (empreinte, regle, garde, table_gardee, severite, qui_corrige, phrase, raison, depuis)
values
    (repeat('a', 64), 'ACT-06', 'retours', 'ctl_actions', 'valeur', 'territoire', '« … » dépasse « … ».',
     'Une partie ne dépasse pas le tout.', '2022-T1'),
    (repeat('a', 64), 'FAC-03', 'parution', 'fct_actions', 'bloquant', 'équipe de l''entrepôt', '… sommes diffèrent.',
     'Rien ne se perd.', '2022-T1');
"""
CLEAR = """
delete from entrepot.avis; delete from entrepot.courrier; delete from entrepot.silence; delete from entrepot.passage;
delete from entrepot.parution; delete from marts.qualite_regles
"""  # fmt: skip


@dataclass
class Rules:
    """A warehouse in which rules have states."""

    warehouse: Warehouse
    settings: Settings

    def execute(self, statement: str, *values: object) -> None:
        self.warehouse.connection.execute(statement, values or None)
        self.warehouse.connection.commit()

    def quarter(self, broken: int, of: int = 80, quarter: str = "2024-T4") -> None:
        """ACT-06 is broken by so many returns of a quarter."""
        self.execute("delete from marts.qualite_regles where trimestre = %s", quarter)
        self.execute(
            "insert into marts.qualite_regles values ('ACT-06', %s, 'territoire', 'valeur', '« … » dépasse « … ».',"
            " %s::numeric / %s, %s, %s, 'enfreinte')",
            quarter, broken, of, broken, of,
        )  # fmt: skip

    def audit(self, passed: bool, status: str = "publiee") -> None:
        """FAC-03 came to this in the newest audit."""
        self.execute(
            "with parution as (insert into entrepot.parution (statut, version_code, methode, motif)"
            " values (%s, 'essai', 'essai', 'Refusée.') returning parution_id),"
            " passage as (insert into entrepot.passage (empreinte, parution_id)"
            " select repeat('a', 64), parution_id from parution returning passage_id)"
            " insert into entrepot.resultat"
            " (passage_id, regle, table_gardee, lignes, en_defaut, reussi, message)"
            " select passage_id, 'FAC-03', 'fct_actions', 900, %s, %s, 'fct_actions : 3 sommes diffèrent.'"
            " from passage",
            status, 0 if passed else 3, passed,
        )  # fmt: skip

    def silence(self, until: date, by: str = "Équipe nationale", reason: str = "liste en révision") -> None:
        with connect(self.settings) as connection:
            rules = load_alert_rules()
            silence(connection, rules, "ACT-06", None, until=until, reason=reason, service=by, today=DAY)


@pytest.fixture(scope="module")
def opened(server: Server, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with new_warehouse(server, tmp_path_factory.mktemp("alertes"), template) as warehouse:
        warehouse.connection.execute(SET_UP)
        warehouse.connection.commit()
        yield warehouse


@pytest.fixture(scope="module")
def box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postbox]:
    with postbox(tmp_path_factory.mktemp("boite")) as served:
        yield served


@pytest.fixture
def taking(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    monkeypatch.setattr(webhook, "WAIT", wait_none())
    with hook() as running:
        yield running


@pytest.fixture
def rules(opened: Warehouse, box: Postbox, tmp_path: Path) -> Rules:
    contacts = tmp_path / "contacts.csv"
    contacts.write_text(f"territoire_id;courriel;copies\nnational;{NATIONAL};\nentrepot;{KEEPERS};\n", "utf-8")
    box.mail.clear()
    box.refused, box.hang_up = set(), False
    settings = box.settings(opened.settings, contacts=str(contacts), dictionary_url=DICTIONARY)
    here = Rules(opened, settings)
    here.execute(CLEAR)
    return here


def told(rules: Rules, box: Postbox, day: date = DAY) -> list[tuple[str, str]]:
    """Who is mailed by a run, and in which words."""
    send(rules.settings, day)
    sent = [(", ".join(to), str(message.get_content()).replace("\r\n", "\n")) for to, message in box.mail]
    box.mail.clear()
    return sent


def test_a_change_is_told_once_to_its_owner(rules: Rules, box: Postbox) -> None:
    rules.quarter(broken=4)
    assert told(rules, box) == []
    rules.quarter(broken=12)
    ((to, text),) = told(rules, box)
    assert to == NATIONAL  # a question that nobody understands; the cités have their own answers
    assert "ACT-06 est fréquente dans les retours du T4 2024 ; elle était habituelle." in text
    assert "12 retours sur 80 (15,0\u202f%)." in text
    assert f"{DICTIONARY}#ACT-06" in text
    assert "Une partie ne dépasse pas le tout." in text and "À corriger par les cités." in text
    assert told(rules, box) == []
    rules.quarter(broken=13)
    assert told(rules, box) == []
    rules.quarter(broken=2)
    ((_, text),) = told(rules, box)
    assert "ACT-06 est habituelle dans les retours du T4 2024 ; elle était fréquente." in text


@pytest.mark.parametrize(("broken", "of", "mails"), [(5, 50, 1), (4, 20, 0), (5, 51, 0)])
def test_frequent_is_a_share_and_a_number(rules: Rules, box: Postbox, broken: int, of: int, mails: int) -> None:
    rules.quarter(broken, of)
    assert len(told(rules, box)) == mails


def test_old_quarters_are_not_followed(rules: Rules, box: Postbox) -> None:
    for quarter in ("2023-T4", "2024-T1", "2024-T2", "2024-T3", "2024-T4"):
        rules.quarter(broken=20, quarter=quarter)
    ((_, text),) = told(rules, box)  # one mail, whatever the number of changes
    assert ("T1 2024" in text, "T4 2023" in text) == (True, False)


def test_a_refused_release_is_told_to_who_keeps_the_warehouse(rules: Rules, box: Postbox) -> None:
    rules.audit(passed=True)
    assert told(rules, box) == []
    rules.audit(passed=False, status="refusee")
    ((to, text),) = told(rules, box)
    assert to == KEEPERS
    assert "(refusée : les lecteurs gardent la précédente) ; elle était tenue." in text
    assert "3 lignes sur 900." in text and "fct_actions : 3 sommes diffèrent." in text
    rules.audit(passed=True)
    ((_, text),) = told(rules, box)
    assert "FAC-03 est tenue" in text and "elle était enfreinte" in text


def test_a_state_that_comes_back_before_it_was_told_is_not_told(rules: Rules, box: Postbox) -> None:
    rules.quarter(broken=12)
    away = Rules(rules.warehouse, rules.settings.model_copy(update={"smtp_url": SecretStr(_nowhere())}))
    with pytest.raises(MailServerError):
        told(away, box)
    rules.quarter(broken=2)
    assert told(rules, box) == []
    rules.quarter(broken=12)
    assert len(told(rules, box)) == 1


def _nowhere() -> str:
    return f"smtp://compte:passe@127.0.0.1:{free_port()}"


def test_a_server_that_is_away_leaves_it_to_be_told_once(rules: Rules, box: Postbox) -> None:
    rules.quarter(broken=12)
    box.refused = {NATIONAL}
    assert told(rules, box) == []
    box.refused = set()
    assert [to for to, _ in told(rules, box)] == [NATIONAL]
    assert told(rules, box) == []


def test_a_mail_that_was_interrupted_is_not_told_again(rules: Rules, box: Postbox) -> None:
    rules.quarter(broken=12)
    box.hang_up = True
    told(rules, box)
    box.hang_up = False
    report = send(rules.settings, DAY).report
    assert (box.mail, len(report.problems)) == ([], 1)
    assert "may or may not have gone out" in report.problems[0]


def test_what_changed_while_silent_is_told_when_the_silence_ends(rules: Rules, box: Postbox) -> None:
    rules.silence(until=DAY + timedelta(days=10))
    rules.quarter(broken=12)
    assert told(rules, box) == told(rules, box, DAY + timedelta(days=10)) == []
    assert [to for to, _ in told(rules, box, DAY + timedelta(days=11))] == [NATIONAL]
    with connect(rules.settings) as connection:
        (kept,) = silences(connection)
    assert [kept.state(DAY + timedelta(days=days)) for days in (10, 11)] == ["en cours", "terminé"]


@pytest.mark.parametrize(
    ("until", "by", "reason", "said"),
    [
        (181, "Équipe nationale", "révision", "a silence ends by itself"),
        (-1, "Équipe nationale", "révision", "a silence ends by itself"),
        (9, " ", "révision", "--by is empty"),
        (9, "Équipe nationale", "", "--reason is empty"),
        (9, "Mme Exemple", "révision", "never a person"),
        (9, "Équipe nationale", "voir personne.fictive@exemple.invalid", "never a person"),
    ],
)
def test_a_silence_has_an_end_a_reason_and_a_service(rules: Rules, until: int, by: str, reason: str, said: str) -> None:
    with pytest.raises(EntrepotError, match=said):
        rules.silence(DAY + timedelta(days=until), by, reason)


def test_silences_are_given_ended_and_listed_by_commands(rules: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_cli, "Settings", lambda: rules.settings)
    monkeypatch.setattr(alert_cli, "console", Console(width=200))
    run = CliRunner()
    until = str(today() + timedelta(days=5))
    given = ["alert", "silence", "ACT-06", "--until", until, "--reason", "révision", "--by", "Équipe nationale"]
    assert run.invoke(app, given).exit_code == 0
    assert run.invoke(app, [*given, "--trimestre", "2024-T4"]).exit_code == 0
    assert run.invoke(app, [*given[:2], "ZZZ-99", *given[3:]]).exit_code != 0
    assert run.invoke(app, ["alert", "unsilence", "ACT-06"]).exit_code == 0
    assert run.invoke(app, ["alert", "unsilence", "ACT-06"]).exit_code != 0
    rules.quarter(broken=12)
    shown = run.invoke(app, ["alert", "list"]).output
    assert [word in shown for word in ("en cours", "levé", until, "frequente", "nobody yet")] == [True] * 5


def test_a_dry_run_tells_nobody(rules: Rules, box: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alert_cli, "Settings", lambda: rules.settings)
    rules.quarter(broken=12)
    assert "ACT-06 est fréquente" in CliRunner().invoke(app, ["alert", "send", "--dry-run"]).output
    assert box.mail == [] and rules.warehouse.rows("select 1 from entrepot.avis") == []


def test_the_webhook_is_told_as_well_signed_and_once(rules: Rules, box: Postbox, taking: Hook) -> None:
    rules.quarter(broken=12)
    rules.audit(passed=False)
    settings = taking.settings(rules.settings)
    assert send(settings, DAY).posted == 2
    assert send(settings, DAY).posted == 0
    ((headers, body),) = taking.taken
    signed = hmac.new(SECRET.encode(), headers["X-Entrepot-Timestamp"].encode() + b"." + body, hashlib.sha256)
    assert headers["X-Entrepot-Signature"] == f"sha256={signed.hexdigest()}"
    (message,) = taking.messages()
    assert (message["schema"], message["avis"]) == ("entrepot.alerte/1", headers["Idempotency-Key"])
    assert [(one["regle"], one["avant"], one["apres"]) for one in message["changements"]] == [
        ("ACT-06", "habituelle", "frequente"),
        ("FAC-03", "tenue", "enfreinte"),
    ]
    assert {recipients[0] for recipients, _ in box.mail} == {NATIONAL, KEEPERS}


@pytest.mark.parametrize("status", [500, 429, 503])
def test_a_webhook_that_fails_is_tried_again_at_once(rules: Rules, taking: Hook, status: int) -> None:
    rules.quarter(broken=12)
    taking.answers = [status]
    assert send(_webhook_only(rules, taking), DAY).posted == 1
    assert len({headers["Idempotency-Key"] for headers, _ in taking.taken}) == 1 < len(taking.taken) == 2


@pytest.mark.parametrize(("answers", "posts"), [([500] * 3, 3), ([0] * 3, 3), ([302], 1), ([400], 1)])
def test_a_webhook_that_does_not_take_it_is_told_next_time(
    rules: Rules, taking: Hook, monkeypatch: pytest.MonkeyPatch, answers: list[int], posts: int
) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT_SECONDS", 0.2)
    rules.quarter(broken=12)
    settings, taking.answers = _webhook_only(rules, taking), list(answers)
    with pytest.raises(WebhookError, match="told again next time"):
        send(settings, DAY)
    assert len(taking.taken) == posts
    assert send(settings, DAY).posted == 1
    assert send(settings, DAY).posted == 0
    assert len({headers["Idempotency-Key"] for headers, _ in taking.taken}) == 1


def test_a_webhook_that_is_away_keeps_no_mail_from_going_out(rules: Rules, box: Postbox, taking: Hook) -> None:
    rules.quarter(broken=12)
    taking.answers = [400]
    with pytest.raises(WebhookError):
        send(taking.settings(rules.settings), DAY)
    assert len(box.mail) == 1


def test_a_mail_server_that_is_away_keeps_nothing_from_the_webhook(rules: Rules, taking: Hook) -> None:
    rules.quarter(broken=12)
    with pytest.raises(MailServerError):
        send(taking.settings(rules.settings, smtp_url=SecretStr(_nowhere())), DAY)
    assert len(taking.taken) == 1


def test_nothing_secret_is_said_of_a_webhook(rules: Rules, taking: Hook, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    rules.quarter(broken=12)
    settings, taking.answers = _webhook_only(rules, taking), [302]
    with pytest.raises(WebhookError) as refused:
        send(settings, DAY)
    send(settings, DAY)
    assert [text for text in (SECRET, PATH) if text in caplog.text + str(refused.value) + repr(settings)] == []


@pytest.mark.parametrize(
    ("url", "secret", "said"),
    [
        ("http://exemple.test/crochet", SECRET, "must be https"),
        ("ftp://127.0.0.1/crochet", SECRET, "must be https"),
        ("https://compte:passe@exemple.test/", SECRET, "holds an account"),
        ("https://exemple.test/", "", "WEBHOOK_SECRET is empty"),
    ],
)
def test_a_webhook_that_is_not_safe_is_refused(rules: Rules, url: str, secret: str, said: str) -> None:
    rules.quarter(broken=12)
    settings = rules.settings.model_copy(
        update={"webhook_url": SecretStr(url), "webhook_secret": SecretStr(secret), "smtp_url": SecretStr("")}
    )
    with pytest.raises(EntrepotError, match=said) as refused:
        send(settings, DAY)
    assert "passe" not in str(refused.value)


def _webhook_only(rules: Rules, taking: Hook) -> Settings:
    return taking.settings(rules.settings, smtp_url=SecretStr(""))


def test_the_task_tells_and_is_skipped_where_nobody_can_be_told(
    rules: Rules, box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.sdk.exceptions import AirflowSkipException

    from entrepot.orchestration import tasks

    step: Any = tasks.alerter
    rules.quarter(broken=12)
    monkeypatch.setattr(tasks, "airflow_settings", lambda: rules.warehouse.settings)
    with pytest.raises(AirflowSkipException, match="ENTREPOT_SMTP_URL"):
        step.function()
    monkeypatch.setattr(tasks, "airflow_settings", lambda: rules.settings)
    assert (step.function(), step.function()) == ({"alerte": 1}, {})
    assert len(box.mail) == 1
