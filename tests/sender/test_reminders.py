"""Reminders over simulated days: who is written to, when, never twice, until the return is accepted."""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from entrepot.cli import app
from entrepot.errors import EntrepotError
from entrepot.sender import ledger, mail, mail_cli
from entrepot.sender.calendar import today
from entrepot.sender.delivery import Report
from entrepot.sender.letters import Letter, Occasion
from entrepot.sender.mail import MailServerError
from entrepot.sender.reminders import remind
from entrepot.sender.rules import FILE, MailRulesError, load_rules
from entrepot.settings import Settings
from entrepot.warehouse.engine import connect
from entrepot.warehouse.postgres import Server, free_port

from .office import DUE, QUARTER, Office, a_return, clear, open_office
from .postbox import Postbox, postbox

TEAM, SECOND, REGION, NATIONAL = "equipe@cite.test", "adjoint@cite.test", "bretagne@etat.test", "national@etat.test"
CONTACTS = (f"cde-001;{TEAM};{SECOND}", f"Bretagne;{REGION};", f"national;{NATIONAL};")
EXEMPTED = ("cde-002", "cde-003", "cde-045")


@pytest.fixture(scope="module")
def opened(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(server, tmp_path_factory.mktemp("office")) as office:
        office.execute("delete from reference.ref_trimestres where trimestre <> %s", QUARTER)
        yield office


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postbox]:
    with postbox(tmp_path_factory.mktemp("postbox")) as box:
        yield box


@pytest.fixture
def box(served: Postbox) -> Postbox:
    served.mail.clear()
    served.refused, served.hang_up = set(), False
    return served


@pytest.fixture
def office(opened: Office) -> Office:
    """Only cde-001 owes anything, for the only quarter there is."""
    clear(opened)
    for territory in EXEMPTED:
        opened.exempt(territory, date(2024, 1, 1))
    return opened


@pytest.fixture
def settings(office: Office, box: Postbox) -> Settings:
    return box.settings(office.settings, contacts=office.contacts(*CONTACTS))


def at(days: int) -> date:
    """The day so many days after the due date."""
    return DUE + timedelta(days=days)


def reminded(settings: Settings, box: Postbox, days: Sequence[int]) -> dict[int, list[str]]:
    """What goes out on each of some days, counted from the due date, where anything does: subject, then recipients."""
    sent = {}
    for day in days:
        remind(settings, at(day))
        if box.mail:
            ((recipients, message),) = box.mail
            sent[day] = [str(message["Subject"]).removeprefix("Cités de l'emploi : "), *recipients]
        box.mail.clear()
    return sent


def text_of(message: EmailMessage) -> str:
    return str(message.get_content()).replace("\r\n", "\n")


def test_reminders_escalate_day_after_day_and_each_goes_out_once(settings: Settings, box: Postbox) -> None:
    days = [-30, -8, -7, -6, 0, 1, 2, 7, 8, 9, 14, 15, 16, 40, 119, 120, 121]
    assert reminded(settings, box, days) == {
        -7: ["retour T4 2024 à envoyer pour le 14 février 2025", TEAM, SECOND],
        1: ["retour T4 2024 non reçu", TEAM, SECOND],
        8: ["retour T4 2024 toujours attendu", TEAM, SECOND],
        15: ["retour T4 2024 de Cité fictive 01 non reçu", TEAM, SECOND, REGION, NATIONAL],
    }


def test_a_reminder_says_what_is_owed_and_since_when(settings: Settings, box: Postbox) -> None:
    remind(settings, at(8))
    (message,) = box.take()
    assert (message["To"], message["Cc"]) == (TEAM, SECOND)
    said = text_of(message)
    assert "Le retour du T4 2024 de la cité Cité fictive 01 (cde-001)" in said
    assert "était attendu le 14 février 2025, il y a 8 jours." in said
    assert "Répondez à ce message" not in said
    remind(settings.model_copy(update={"mail_reply_to": "questions@etat.test"}), at(15))
    (message,) = box.take()
    assert "Répondez à ce message" in text_of(message)
    assert message["Reply-To"] == "questions@etat.test"


def test_days_without_a_run_are_made_up_for_by_the_last_step_only(settings: Settings, box: Postbox) -> None:
    assert list(reminded(settings, box, [-7, 10, 11, 15])) == [-7, 10, 15]
    assert ledger_rows(settings, "select etape from entrepot.courrier order by courrier_id") == [
        ("rappel",), ("relance_2",), ("escalade",),
    ]  # fmt: skip


def test_nothing_goes_out_about_an_old_quarter(settings: Settings, box: Postbox) -> None:
    assert reminded(settings, box, [121, 500]) == {}


def test_reminders_stop_by_themselves(settings: Settings, box: Postbox, office: Office) -> None:
    assert list(reminded(settings, box, [1])) == [1]
    office.receipt("cde-001", "2025-02-20 18:00", steps=())  # accepted, though nothing is published yet
    assert reminded(settings, box, [8, 15, 30]) == {}
    # Withdrawn, it is owed again: what was not said yet of a late return is said.
    office.receipt("cde-001", "2025-03-01 09:00", kind="retrait")
    assert list(reminded(settings, box, [30])) == [30]


def test_an_exempted_territory_is_left_alone(settings: Settings, box: Postbox, office: Office) -> None:
    assert list(reminded(settings, box, [1])) == [1]
    office.exempt("cde-001", at(5))
    assert reminded(settings, box, [8, 15, 30]) == {}


def test_a_rejected_file_is_reminded_of_in_its_own_words(settings: Settings, box: Postbox, office: Office) -> None:
    office.receipt("cde-001", "2025-02-05 09:00", "rejete")
    remind(settings, at(-7))  # its answer has just said it all
    assert box.take() == []
    remind(settings, at(-4))
    (message,) = box.take()
    assert "La feuille Actions manque." in text_of(message)
    assert "le 5 février 2025" in text_of(message)
    remind(settings, at(1))
    assert box.take() == []
    remind(settings, at(8))
    (message,) = box.take()
    assert str(message["Subject"]).endswith("retour T4 2024 à corriger")
    # Another file that is rejected is another state, and delays count from its arrival.
    office.receipt("cde-001", "2025-02-24 09:00", "rejete", motif="C'est un PDF.")
    assert reminded(settings, box, [15, 17]) == {}
    remind(settings, at(18))
    (message,) = box.take()
    assert "C'est un PDF." in text_of(message)
    assert list(reminded(settings, box, [25, 40])) == [25]


def test_the_day_after_a_rejection_before_the_due_date_says_nothing_of_the_past(
    settings: Settings, box: Postbox, office: Office
) -> None:
    office.receipt("cde-001", "2025-02-13 09:00", "rejete")
    assert list(reminded(settings, box, [-1, 0, 1, 4, 5, 7])) == []


def test_what_is_typed_in_a_file_cannot_make_a_header(settings: Settings, box: Postbox, office: Office) -> None:
    typed = "« a\r\nBcc: autre@cite.test » n'est pas une cité.\r\n.\r\nMAIL FROM:<x@y.test>"
    office.receipt("cde-001", "2025-02-01 09:00", "rejete", motif=typed)
    office.execute("update entrepot.recepisse set nom_fichier = %s", "a\r\nBcc: b@c.test.xlsx")
    remind(settings, at(-7))
    ((recipients, message),) = box.mail
    assert recipients == [TEAM, SECOND]
    assert message["Bcc"] is None
    assert "\n.\n" not in text_of(message)


def test_without_a_file_of_contacts_the_address_typed_in_the_last_return_is_used(office: Office, box: Postbox) -> None:
    office.execute("delete from reference.ref_dispenses where territoire_id = 'cde-045'")
    office.receive(a_return("cde-045", "ancienne@cite.test", complete=False))
    office.receive(a_return("cde-045", " equipe45@cite.test "))
    settings = box.settings(office.settings)
    report = remind(settings, at(1))
    # Files that arrived after the day tell where to write, not what was owed on it.
    assert [recipients for recipients, _ in box.mail] == [["equipe45@cite.test"]]
    assert report.problems == ["No address is known for cde-001 (ENTREPOT_CONTACTS)."]
    box.take()
    settings = settings.model_copy(update={"contacts": office.contacts(f"cde-045;{TEAM};")})
    remind(settings, at(8))
    assert [recipients for recipients, _ in box.mail] == [[TEAM]]


def test_those_above_are_written_to_when_nobody_is_known_in_the_territory(office: Office, box: Postbox) -> None:
    settings = box.settings(office.settings, contacts=office.contacts(*CONTACTS[1:]))
    report = remind(settings, at(8))
    assert (box.take(), report.problems) == ([], ["No address is known for cde-001 (ENTREPOT_CONTACTS)."])
    assert remind(settings, at(15)).problems == report.problems
    (message,) = box.take()
    assert message["To"] == f"{REGION}, {NATIONAL}"
    assert "L'entrepôt n'a aucune adresse pour cette cité" in text_of(message)


def test_an_escalation_without_anybody_above_says_nothing_of_them(office: Office, box: Postbox) -> None:
    settings = box.settings(office.settings, contacts=office.contacts(CONTACTS[0]))
    report = remind(settings, at(15))
    assert report.problems == ["No address is known for Bretagne, national (ENTREPOT_CONTACTS)."]
    (message,) = box.take()
    assert (message["To"], message["Cc"]) == (TEAM, SECOND)
    assert "échelons" not in text_of(message)


def test_addresses_of_sample_data_are_held_back(office: Office, box: Postbox) -> None:
    nobody, above = "cde-001;equipe@cde-001.exemple.invalid;", f"national;{NATIONAL};copie@etat.invalid"
    settings = box.settings(office.settings, contacts=office.contacts(nobody, above))
    report = remind(settings, at(1))
    assert box.mail == []
    assert report.sentences() == [
        "Held back: 1 addresses of sample data that nobody can have"
        " (equipe@cde-001.exemple.invalid…; ENTREPOT_MAIL_FICTITIOUS)."
    ]
    assert ledger_rows(settings, "select count(*) from entrepot.courrier") == [(0,)]
    # Only a copy: the others get theirs.
    remind(settings.model_copy(update={"contacts": office.contacts(f"cde-001;{TEAM};", above)}), at(15))
    assert [recipients for recipients, _ in box.mail] == [[TEAM, NATIONAL]]
    box.take()
    # A server that delivers nowhere may have them all.
    office.execute("truncate entrepot.courrier")
    remind(settings.model_copy(update={"contacts": office.contacts(nobody), "mail_fictitious": True}), at(1))
    assert [recipients for recipients, _ in box.mail] == [["equipe@cde-001.exemple.invalid"]]


def ledger_rows(settings: Settings, query: str) -> list[tuple[object, ...]]:
    with connect(settings) as connection:
        return connection.execute(query).fetchall()


def test_an_address_that_is_refused_is_tried_again_a_few_times(settings: Settings, box: Postbox) -> None:
    box.refused = {TEAM}
    report = remind(settings, at(1))
    assert report.written == []
    assert report.problems == [
        f"Refused: relance_1 cde-001 2024-T4 (mail {mail_number(settings)}), attempt 1 of 3, by 1 of 2 addresses"
        " (`entrepot mail list --problems`)."
    ]
    assert ledger_rows(settings, "select resultat, servis, detail from entrepot.courrier") == [
        ("echec", [SECOND], f"{TEAM} : 550 5.1.1 Adresse inconnue")
    ]
    assert [recipients for recipients, _ in box.mail] == [[SECOND]]
    box.refused = {TEAM, SECOND}
    assert "attempt 2 of 3" in remind(settings, at(2)).problems[0]
    box.refused = set()
    box.take()
    (sent,) = remind(settings, at(3)).written
    assert sent.occasion == Occasion("relance_1", "en_retard", "cde-001", "2024-T4", None)
    ((recipients, again),) = box.mail
    assert recipients == [TEAM]  # the other one has it
    assert again["Message-ID"] == ledger_rows(settings, "select message_id from entrepot.courrier")[0][0]
    assert ledger_rows(settings, "select resultat, essais, servis, detail from entrepot.courrier") == [
        ("envoye", 3, [SECOND, TEAM], None)
    ]
    box.take()
    assert remind(settings, at(4)).written == []


def test_after_the_last_attempt_a_person_decides(settings: Settings, box: Postbox) -> None:
    box.refused = {TEAM, SECOND}
    tried = [len(remind(settings, at(day)).problems) for day in (1, 2, 3, 4, 5)]
    assert tried == [1, 1, 1, 0, 0]
    box.refused = set()
    number = mail_number(settings)
    assert ledger.retry(settings, [number, number + 1]) == [number]
    remind(settings, at(6))
    assert len(box.take()) == 1
    assert ledger.retry(settings, [number]) == []  # what was sent stays so


def mail_number(settings: Settings) -> int:
    ((number,),) = ledger_rows(settings, "select courrier_id from entrepot.courrier")
    assert isinstance(number, int)
    return number


def test_a_server_that_is_away_uses_up_no_attempt(settings: Settings, box: Postbox) -> None:
    url = settings.smtp_url.get_secret_value().replace(str(box.port), str(free_port()))
    away = settings.model_copy(update={"smtp_url": type(settings.smtp_url)(url)})
    with pytest.raises(MailServerError, match="cannot be used"):
        remind(away, at(1))
    assert ledger_rows(settings, "select count(*) from entrepot.courrier") == [(0,)]
    assert len(remind(settings, at(1)).written) == 1


def test_without_a_mail_server_nothing_is_claimed_to_be_sent(office: Office) -> None:
    with pytest.raises(EntrepotError, match="ENTREPOT_MAIL_FROM"):
        remind(office.settings, at(1))
    with pytest.raises(EntrepotError, match="ENTREPOT_SMTP_URL"):
        remind(office.settings.model_copy(update={"mail_from": "a@b.test"}), at(1))


def test_a_mail_that_may_have_gone_out_is_not_sent_again_by_itself(settings: Settings, box: Postbox) -> None:
    box.hang_up = True
    report = remind(settings, at(1))
    number = mail_number(settings)
    assert [sentence.split(":")[0] for sentence in report.problems] == ["Interrupted"]
    box.hang_up = False
    again = remind(settings, at(2))
    assert (again.written, box.mail) == ([], [])
    assert again.problems[0].startswith(f"Interrupted: relance_1 cde-001 2024-T4 (mail {number})")
    assert ledger.retry(settings, [number]) == [number]
    assert len(remind(settings, at(2)).written) == 1


def test_a_crash_between_the_entry_and_the_mail_leaves_it_to_a_person(
    settings: Settings, box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(mail.MailServer, "send", crash)
        remind(settings, at(1))
    assert ledger_rows(settings, "select resultat from entrepot.courrier") == [(None,)]
    assert remind(settings, at(2)).written == []
    assert box.mail == []


def test_two_connections_cannot_claim_the_same_mail(settings: Settings) -> None:
    occasion = Occasion("relance_1", "en_retard", "cde-001", "2024-T4", None)
    letter = Letter(occasion, (TEAM,), (), "Objet", "Texte")

    def claim(number: int) -> ledger.Claim | None:
        with connect(settings) as connection:
            return ledger.claim(connection, letter, at(1), f"<{number}@essai.test>", 3)

    with ThreadPoolExecutor(4) as pool:
        claims = list(pool.map(claim, range(12)))
    assert [one.attempt for one in claims if one] == [1]


def test_the_ledger_alone_bounds_attempts_and_lets_nothing_out_twice(settings: Settings) -> None:
    letter = Letter(Occasion("relance_1", "en_retard", "cde-001", "2024-T4", None), (TEAM,), (), "Objet", "Texte")
    with connect(settings) as connection:
        for attempt in (1, 2, 3):
            claim = ledger.claim(connection, letter, at(1), f"<{attempt}@essai.test>", 3)
            assert claim is not None
            assert claim.attempt == attempt
            ledger.conclude(connection, claim, [], {TEAM: "550"})
        assert ledger.claim(connection, letter, at(1), "<4@essai.test>", 3) is None
        assert claim is not None
        ledger.retry(settings, [claim.courrier_id])
        again = ledger.claim(connection, letter, at(1), "<5@essai.test>", 3)
        assert again is not None
        ledger.conclude(connection, again, [TEAM], {})
        assert ledger.claim(connection, letter, at(1), "<6@essai.test>", 3) is None


def test_two_processes_at_once_mail_each_reminder_once(office: Office, settings: Settings, box: Postbox) -> None:
    office.execute("truncate reference.ref_dispenses")
    lines = [f"{territory};{territory}@cite.test;" for territory in ("cde-001", *EXEMPTED)]
    environment = {
        "ENTREPOT_DATABASE_URL": office.warehouse.url,
        "ENTREPOT_STATE_DIR": str(office.settings.state_dir),
        "ENTREPOT_SMTP_URL": settings.smtp_url.get_secret_value(),
        "ENTREPOT_SMTP_CA_FILE": settings.smtp_ca_file,
        "ENTREPOT_MAIL_FROM": settings.mail_from,
        "ENTREPOT_CONTACTS": office.contacts(*lines),
        "PYTHONPATH": str(Path(__file__).parents[2] / "src"),
    }
    script = (
        "from datetime import date\n"
        "from entrepot.settings import Settings\n"
        "from entrepot.sender.reminders import remind\n"
        f"print(len(remind(Settings(), date.fromisoformat('{at(1)}')).written))"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    counts = sorted(int(process.communicate()[0]) for process in both)
    assert sum(counts) == 4
    assert sorted(recipients[0] for recipients, _ in box.mail) == [line.split(";")[1] for line in lines]


def test_a_dry_run_writes_files_and_puts_nothing_on_record(office: Office, tmp_path: Path) -> None:
    settings = office.settings.model_copy(update={"contacts": office.contacts(*CONTACTS)})
    folder = tmp_path / "courriels"
    report: Report = remind(settings, at(15), folder)
    assert [letter.occasion.etape for letter in report.written] == ["escalade"]
    (path,) = folder.iterdir()
    assert path.name == "2024-T4-cde-001-escalade.eml"
    content = path.read_bytes()
    assert b"\r\n" in content
    assert b"\n" not in content.replace(b"\r\n", b"")
    message = message_from_bytes(content, policy=default)
    assert (message["To"], message["Cc"]) == (TEAM, f"{SECOND}, {REGION}, {NATIONAL}")
    assert message["Subject"] == "Cités de l'emploi : retour T4 2024 de Cité fictive 01 non reçu"
    assert "il y a 15 jours" in text_of(message)
    assert ledger_rows(settings, "select count(*) from entrepot.courrier") == [(0,)]


def test_a_dry_run_has_nothing_left_to_show_of_what_was_sent(settings: Settings, tmp_path: Path) -> None:
    assert len(remind(settings, at(1)).written) == 1
    assert remind(settings, at(1), tmp_path).written == []


def test_a_day_to_come_can_be_looked_at_but_not_mailed(settings: Settings, tmp_path: Path) -> None:
    tomorrow = today() + timedelta(days=1)
    with pytest.raises(EntrepotError, match="--dry-run"):
        remind(settings, tomorrow)
    assert remind(settings, tomorrow, tmp_path).written == []


def test_the_ledger_can_be_read(
    settings: Settings, box: Postbox, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENTREPOT_DATABASE_URL", office.warehouse.url)
    monkeypatch.setattr(mail_cli, "console", Console(width=250, highlight=False))
    box.refused = {TEAM}
    remind(settings, at(1))
    said = CliRunner().invoke(app, ["mail", "list", "--problems"])
    assert "relance_1 cde-001 2024-T4" in said.stdout
    said = CliRunner().invoke(app, ["mail", "retry", f"{mail_number(settings)}"])
    assert "sends it again" in said.stdout
    said = CliRunner().invoke(app, ["mail", "retry", "999999"])
    assert isinstance(said.exception, EntrepotError)


def test_the_rules_of_the_project_can_be_used() -> None:
    rules = load_rules()
    assert [step.etape for step in rules.relances] == ["rappel", "relance_1", "relance_2", "escalade"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("jours: 1\n", "jours: 0\n", "no return is « en_retard » before the day after its due date"),
        ("jours: -7\n", "jours: 3\n", "no return is « attendu » after its due date"),
        ("etape: relance_2", "etape: relance_1", "relance_1"),
        ("etape: escalade", "etape: accuse", "accuse"),
        ("modele: rappel.txt", "modele: perdu.txt", "there is no courriels/perdu.txt"),
        ("modele: rappel.txt", "modele: accuse_rejete.txt", "courriels/accuse_rejete.txt speaks of cases, delai"),
        ("{{ echeance }}", "{{ echeanse }}", "speaks of echeanse"),
        ("{{ echeance }}", "{{ echeance", "objet"),
        ("copies: [region, national]", "copies: [voisin]", "copies"),
        ("essais_max: 3", "essais_max: 0", "essais_max"),
        ("essais_max: 3", "essais: 3", "essais"),
    ],
)
def test_rules_that_make_no_sense_say_where(tmp_path: Path, old: str, new: str, said: str) -> None:
    text = FILE.read_text("utf-8")
    assert old in text
    path = tmp_path / "relances.yaml"
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(MailRulesError, match=r"relances\.yaml, line \d+: ") as raised:
        load_rules(path)
    assert said in str(raised.value)
