"""The answer to each file: what became of it, what to do and by when; once, and never to the wrong person."""

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from entrepot.errors import EntrepotError
from entrepot.sender import acknowledgement
from entrepot.sender.acknowledgement import acknowledge
from entrepot.sender.calendar import today
from entrepot.sender.delivery import MailError
from entrepot.sender.letters import Attachment
from entrepot.settings import Settings
from entrepot.warehouse.engine import connect
from entrepot.warehouse.postgres import Server

from .office import QUARTER, Office, a_return, clear, open_office
from .postbox import Postbox, postbox

SENDER, TEAM, TYPED = "depot@cite.test", "equipe@cite.test", "referent@cite.test"
COPY = Attachment("retour (annoté).xlsx", b"PK classeur")


@pytest.fixture(scope="module")
def opened(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with open_office(server, tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postbox]:
    with postbox(tmp_path_factory.mktemp("postbox")) as box:
        yield box


@pytest.fixture
def office(opened: Office) -> Office:
    clear(opened)
    opened.execute("update reference.ref_trimestres set echeance = %s where trimestre = %s", today(), QUARTER)
    return opened


@pytest.fixture
def box(served: Postbox) -> Postbox:
    served.mail.clear()
    served.refused, served.hang_up = set(), False
    return served


@pytest.fixture
def settings(office: Office, box: Postbox, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(acknowledgement, "marked_copy_of", lambda *_: COPY)
    return box.settings(office.settings)


def answered(settings: Settings, box: Postbox) -> EmailMessage:
    """The one answer that goes out now."""
    acknowledge(settings)
    (message,) = box.take()
    return message


def body(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def attachments(message: EmailMessage) -> list[tuple[str | None, object]]:
    return [(part.get_filename(), part.get_content()) for part in message.iter_attachments()]


def test_a_rejected_file_is_answered_at_once_with_what_to_do(office: Office, settings: Settings, box: Postbox) -> None:
    receipt = office.receive(a_return(complete=False), "été 2024.xlsx", SENDER)
    message = answered(settings, box)
    assert (message["To"], message["Cc"]) == (SENDER, None)
    assert message["Subject"] == "Cités de l'emploi : fichier à corriger et à renvoyer"
    said = body(message)
    ((motif,),) = office.execute("select motif from entrepot.recepisse where recepisse_id = %s", receipt)
    assert motif in said
    assert "« été 2024.xlsx », de la cité Cité fictive 45 (cde-045), pour le T4 2024" in said
    assert "renvoyez-le en entier, par la voie habituelle, au plus tard le" in said
    assert attachments(message) == [(COPY.name, COPY.content)]
    assert acknowledge(settings).written == []


def test_an_accepted_file_is_answered_once_its_cells_are_checked(
    office: Office, settings: Settings, box: Postbox
) -> None:
    receipt = office.receive(a_return(), sender=SENDER)
    office.execute("delete from entrepot.constat")
    assert acknowledge(settings).written == []
    office.checked(receipt)
    message = answered(settings, box)
    assert message["Subject"] == "Cités de l'emploi : retour T4 2024 accepté"
    assert "Aucune remarque : vous n'avez rien à faire." in body(message)
    assert attachments(message) == []


def test_findings_are_counted_and_marked_on_a_copy(office: Office, settings: Settings, box: Postbox) -> None:
    office.execute("update reference.ref_trimestres set echeance = %s", today() - timedelta(days=3))
    receipt = office.receive(a_return(), sender=SENDER)
    office.execute("delete from entrepot.constat")
    for number, severity in enumerate(["valeur", "valeur", "suspicion"]):
        office.execute(
            "insert into entrepot.constat (recepisse_id, regle, severite, ligne, message, qui_corrige)"
            " values (%s, 'ACT-01', %s, %s, 'message', 'territoire')",
            receipt, severity, number,
        )  # fmt: skip
    office.checked(receipt)
    message = answered(settings, box)
    assert "2 cases n'ont pas pu être lues" in body(message)
    assert "dès que possible : l'échéance était le" in body(message)
    assert "1 question vous est posée" in body(message)
    assert "Votre classeur est joint" in body(message)
    assert attachments(message) == [(COPY.name, COPY.content)]
    assert "ce que chaque case attend" not in body(message)


def test_what_comes_with_a_copy_names_the_dictionary_where_there_is_one(
    office: Office, settings: Settings, box: Postbox
) -> None:
    address = "https://dictionnaire.test/regles/"
    office.receive(a_return(complete=False), sender=SENDER)
    message = answered(settings.model_copy(update={"dictionary_url": address}), box)
    assert f"Chaque règle, et ce que chaque case attend : {address}" in body(message)


def test_a_copy_that_is_too_heavy_is_not_attached(
    office: Office, settings: Settings, box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acknowledgement, "marked_copy_of", lambda *_: Attachment("a.xlsx", bytes(8_000_001)))
    office.receive(a_return(complete=False), sender=SENDER)
    message = answered(settings, box)
    assert "trop lourde" in body(message)
    assert attachments(message) == []


def test_what_is_no_workbook_is_answered_too(office: Office, settings: Settings, box: Postbox) -> None:
    office.receive(b"%PDF-1.7 ceci n'est pas un classeur", "retour.xlsx", SENDER)
    message = answered(settings, box)
    assert "PDF" in body(message)
    assert "« retour.xlsx ». Il n'a pas pu" in body(message)  # whose it is, nobody knows


def test_a_fault_of_ours_on_one_file_keeps_no_other_from_its_answer(
    office: Office, settings: Settings, box: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = office.receive(a_return("cde-001", complete=False), sender=SENDER)
    office.receive(a_return("cde-002", complete=False), sender=TEAM)

    def break_on_the_first(_connection: object, _store: object, receipt: int, _dictionary: str) -> Attachment:
        if receipt == first:
            raise KeyError("a fault of ours")
        return COPY

    monkeypatch.setattr(acknowledgement, "marked_copy_of", break_on_the_first)
    report = acknowledge(settings)
    assert [recipients for recipients, _ in box.mail] == [[TEAM]]
    with pytest.raises(MailError, match=f"receipt {first} "):
        report.check()
    monkeypatch.setattr(acknowledgement, "marked_copy_of", lambda *_: COPY)  # mended
    box.take()
    assert answered(settings, box)["To"] == SENDER


def test_the_territory_is_told_of_what_others_send_in_its_name(
    office: Office, settings: Settings, box: Postbox
) -> None:
    contacts = office.contacts(f"cde-045;{TEAM};")
    office.receive(a_return(typed=TYPED, complete=False), sender=SENDER)
    message = answered(settings.model_copy(update={"contacts": contacts}), box)
    assert (message["To"], message["Cc"]) == (SENDER, TEAM)


def test_without_a_sender_nor_a_contact_the_address_typed_in_the_file_is_used(
    office: Office, settings: Settings, box: Postbox
) -> None:
    office.receive(a_return(typed=TYPED, complete=False))
    assert answered(settings, box)["To"] == TYPED
    receipt = office.receive(a_return("cde-001", typed="personne", complete=False), sender="pas une adresse")
    report = acknowledge(settings)
    assert report.problems == [f"Nobody to answer for receipts {receipt}: no sender, and no address typed."]
    assert box.mail == []


def test_the_same_bytes_again_are_answered_once_more_in_short(office: Office, settings: Settings, box: Postbox) -> None:
    content = a_return(complete=False)
    office.receive(content, sender=SENDER)
    answered(settings, box)
    for name in ("encore.xlsx", "et encore.xlsx"):
        office.receive(content, name, TEAM)
    message = answered(settings, box)
    assert message["To"] == TEAM
    assert "Nous avons reçu de nouveau le fichier « et encore.xlsx »." in body(message)
    assert "Il n'avait pas pu être accepté" in body(message)
    office.receive(content, "toujours.xlsx", TEAM)
    assert acknowledge(settings).written == []


def test_a_file_that_another_has_replaced_says_so_when_it_comes_again(
    office: Office, settings: Settings, box: Postbox
) -> None:
    old = a_return()
    office.checked(office.receive(old, sender=SENDER))
    answered(settings, box)
    office.checked(office.receive(a_return(bearer="Autre structure fictive"), sender=SENDER))
    answered(settings, box)
    office.receive(old, sender=SENDER)
    assert "Un fichier arrivé après lui pour le même trimestre fait foi" in body(answered(settings, box))


def test_a_load_of_history_is_not_answered(office: Office, settings: Settings) -> None:
    office.receive(a_return(complete=False), sender=SENDER)
    office.execute("update entrepot.recepisse set recu_le = recu_le - interval '11 days'")
    assert acknowledge(settings).written == []


def test_files_of_sample_data_are_answered_to_nobody(office: Office, settings: Settings, box: Postbox) -> None:
    office.receive(a_return(complete=False), sender="equipe@cde-045.exemple.invalid")
    assert acknowledge(settings).held == {"equipe@cde-045.exemple.invalid"}
    assert box.mail == []


def test_a_name_that_would_make_a_header_makes_none(office: Office, settings: Settings, box: Postbox) -> None:
    office.receive(a_return(complete=False), sender=SENDER)
    office.execute("update entrepot.recepisse set nom_fichier = %s", "a\r\nBcc: autre@cite.test\r\n\r\n.xlsx")
    office.execute("update entrepot.recepisse set expediteur = %s", f"{SENDER}\r\nBcc: autre@cite.test")
    assert "Nobody to answer" in acknowledge(settings).problems[0]
    office.execute("update entrepot.recepisse set expediteur = %s", SENDER)
    acknowledge(settings)
    ((recipients, message),) = box.mail
    assert (recipients, message["Bcc"]) == ([SENDER], None)
    assert "« a Bcc: autre@cite.test .xlsx »" in body(message)


def test_a_dry_run_writes_answers_and_puts_nothing_on_record(
    office: Office, settings: Settings, tmp_path: Path
) -> None:
    receipt = office.receive(a_return(complete=False), sender=SENDER)
    acknowledge(office.settings, tmp_path / "courriels")
    assert [path.name for path in (tmp_path / "courriels").iterdir()] == [f"2024-T4-cde-045-accuse-{receipt}.eml"]
    with connect(settings) as connection:
        assert connection.execute("select count(*) from entrepot.courrier").fetchone() == (0,)


def test_an_answer_that_is_interrupted_is_told_of(office: Office, settings: Settings, box: Postbox) -> None:
    office.receive(a_return(complete=False), sender=SENDER)
    box.hang_up = True
    acknowledge(settings)
    box.hang_up = False
    report = acknowledge(settings)
    assert report.written == []
    assert report.problems[0].startswith("Interrupted: accuse cde-045 2024-T4 receipt")


def test_settings_that_are_missing_are_asked_for(office: Office) -> None:
    with pytest.raises(EntrepotError, match="ENTREPOT_MAIL_FROM"):
        acknowledge(office.settings)
