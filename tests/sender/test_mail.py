"""Messages as the mail system has them, and a real server that takes or refuses them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.policy import default
from email.utils import parseaddr
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from entrepot.errors import EntrepotError
from entrepot.sender.contacts import Contact, ContactsError, address, fictitious, load_contacts
from entrepot.sender.letters import Attachment, Letter, Occasion
from entrepot.sender.mail import MailInterruptedError, MailServer, MailServerError, Sender, compose, sender_of
from entrepot.settings import Settings
from entrepot.warehouse.postgres import free_port

from .postbox import PASSWORD, QUOTED_PASSWORD, SENDER, Postbox, postbox

AT = datetime(2025, 2, 15, 7, 0, tzinfo=UTC)
OCCASION = Occasion("relance_1", "en_retard", "cde-045", "2024-T4", None)
TO, COPY = "equipe@cite.test", "region@etat.test"


def letter(
    subject: str = "Retour T4 2024 non reçu",
    text: str = "Bonjour,\n\nÀ bientôt…\n",
    attachment: Attachment | None = None,
) -> Letter:
    return Letter(OCCASION, (TO,), (COPY,), subject, text, attachment)


@pytest.fixture
def sender() -> Sender:
    return sender_of(Settings(mail_from=f"Entrepôt des Cités <{SENDER}>", mail_reply_to="questions@etat.test"))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postbox]:
    with postbox(tmp_path_factory.mktemp("postbox")) as box:
        yield box


@pytest.fixture
def box(server: Postbox) -> Iterator[Postbox]:
    server.mail.clear()
    server.refused, server.hang_up = set(), False
    yield server


def connected(box: Postbox, **others: object) -> MailServer:
    settings = box.settings(Settings(), **others)
    return MailServer(settings.smtp_url, settings.smtp_ca_file)


def test_a_message_reads_as_it_was_written(sender: Sender) -> None:
    content = compose(letter(), sender, sender.new_id(), AT).as_bytes()
    content.decode("ascii")
    assert max(map(len, content.splitlines())) <= 998
    read = message_from_bytes(content, policy=default)
    assert str(read["Subject"]) == "Retour T4 2024 non reçu"
    assert str(read["From"]) == f"Entrepôt des Cités <{SENDER}>"
    assert (read["To"], read["Cc"], read["Reply-To"]) == (TO, COPY, "questions@etat.test")
    assert read["Date"].datetime == AT
    assert read["Message-ID"].endswith("@expediteur.test>")
    assert (read["Auto-Submitted"], read["Content-Language"]) == ("auto-generated", "fr")
    assert read.get_content().replace("\r\n", "\n") == "Bonjour,\n\nÀ bientôt…\n"


def test_a_long_paragraph_comes_whole(sender: Sender) -> None:
    text = "Très " * 600 + "\n"
    content = compose(letter(text=text), sender, sender.new_id(), AT).as_bytes()
    assert max(map(len, content.splitlines())) <= 998
    assert message_from_bytes(content, policy=default).get_content().replace("\r\n", "\n") == text


@pytest.mark.parametrize(
    ("name", "kept", "kind"),
    [
        ("Retour été (annoté).xlsx", "Retour été (annoté).xlsx", "spreadsheetml.sheet"),
        ("../../etc/passwd", "passwd", "octet-stream"),
        ('a".xlsx\r\nBcc: autre@cite.test', 'a".xlsx Bcc: autre@cite.test', "octet-stream"),
    ],
)
def test_an_attachment_keeps_its_name_and_nothing_else_of_it(sender: Sender, name: str, kept: str, kind: str) -> None:
    content = compose(letter(attachment=Attachment(name, b"PK")), sender, sender.new_id(), AT).as_bytes()
    read = message_from_bytes(content, policy=default)
    (attached,) = read.iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == (kept, b"PK")
    assert attached.get_content_type().endswith(kind)
    assert read["Bcc"] is None


def headers(message: Message) -> list[str]:
    """Names of the headers, in order, but for those that say how the text is encoded."""
    return [name for name, _ in message.items() if not name.startswith("Content-")]


@given(st.text(max_size=300), st.text(max_size=80))
def test_no_text_from_outside_makes_a_header(subject: str, name: str) -> None:
    sender = sender_of(Settings(mail_from=SENDER))
    plain = message_from_bytes(compose(letter("a"), sender, sender.new_id(), AT).as_bytes(), policy=default)
    injected = f"{subject}\r\nBcc: autre@cite.test\n\nCorps"
    attached = Attachment(f"{name}\nX-Autre: oui", b"")
    content = compose(letter(injected, attachment=attached), sender, "<a@b.test>", AT).as_bytes()
    read = message_from_bytes(content, policy=default)
    assert headers(read) == headers(plain)


@pytest.mark.parametrize(
    "text",
    [
        "", "equipe", "equipe@cite", "equipe@cite.test\r\nBcc: autre@cite.test", "Équipe <equipe@cite.test>",
        "a b@cite.test", "équipe@cite.test", "a@b@cite.test", "a@cite.test, b@cite.test", "a@[127.0.0.1]",
        "a@127.0.0.1", '"a"@cite.test', "a.@cite.test", "a@-cite.test", f"{'a' * 65}@cite.test",
        f"a@{'b' * 64}.test", f"a@{'b.' * 130}test",
    ],
)  # fmt: skip
def test_what_is_no_address_is_not_taken_for_one(text: str) -> None:
    assert address(text) is None


@given(st.from_regex(r"\A[ -~\r\n]{0,40}@[ -~\r\n]{0,40}\Z"))
def test_an_address_is_one_that_any_mail_program_reads_so(text: str) -> None:
    found = address(text)
    assert found is None or (parseaddr(found) == ("", found) and found.isascii() and found == text.strip())


def test_addresses_of_sample_data_are_told_apart() -> None:
    assert fictitious("equipe@cde-001.exemple.invalid")
    assert fictitious("equipe@exemple.INVALID")
    assert not fictitious("equipe@invalid.test")


def test_contacts_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text(
        "\ufeffterritoire_id;courriel;copies\ncde-001; equipe@cite.test ;a@cite.test, b@cite.test\n"
        "national;tous@etat.test;\n",
        "utf-8",
    )
    assert load_contacts(str(path), {"cde-001"}) == {
        "cde-001": Contact("equipe@cite.test", ("a@cite.test", "b@cite.test")),
        "national": Contact("tous@etat.test"),
    }
    path.write_bytes("territoire_id;courriel;copies\nÎle-de-France;idf@etat.test;\n".encode("cp1252"))
    assert load_contacts(str(path), {"Île-de-France"}) == {"Île-de-France": Contact("idf@etat.test")}
    assert load_contacts("", {"cde-001"}) == {}


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("territoire;courriel\n", "line 1: must be « territoire_id;courriel;copies »"),
        ("territoire_id;courriel;copies\ncde-999;a@cite.test;\n", "line 2: « cde-999 » is no territory"),
        ("territoire_id;courriel;copies\ncde-001;a@cite.test;\ncde-001;b@cite.test;\n", "line 3: « cde-001 » stands"),
        ("territoire_id;courriel;copies\ncde-001;;\n", "line 2: one of the addresses of « cde-001 »"),
        ("territoire_id;courriel;copies\ncde-001;a@cite.test;b@cite\n", "line 2: one of the addresses of « cde-001 »"),
        (
            "territoire_id;courriel;copies\ncde-001;a@cite.test;b@cite.test;c@cite.test\n",
            "line 2: has more than 3 columns",
        ),
    ],
)
def test_a_file_of_contacts_that_is_wrong_says_where(tmp_path: Path, lines: str, said: str) -> None:
    path = tmp_path / "contacts.csv"
    path.write_text(lines, "utf-8")
    with pytest.raises(ContactsError, match=r".*contacts\.csv, ") as raised:
        load_contacts(str(path), {"cde-001"})
    assert said in str(raised.value)


def test_a_file_of_contacts_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ContactsError, match="cannot be read"):
        load_contacts(str(tmp_path / "rien.csv"), set())


def test_a_server_takes_mail_over_tls_from_the_account_it_knows(box: Postbox, sender: Sender) -> None:
    with connected(box) as mail:
        mail.connect()
        mail.connect()  # it is still there: no second call
        message = compose(letter(), sender, sender.new_id(), AT)
        assert mail.send(message, sender.address, [TO, COPY]) == {}
    ((recipients, received),) = box.mail
    assert recipients == [TO, COPY]
    assert received["Message-ID"] == message["Message-ID"]
    assert box.secured[-1:] == [True]


def test_an_address_that_is_refused_does_not_stop_the_others(box: Postbox, sender: Sender) -> None:
    box.refused = {TO}
    with connected(box) as mail:
        mail.connect()
        message = compose(letter(), sender, sender.new_id(), AT)
        assert mail.send(message, sender.address, [TO, COPY]) == {TO: "550 5.1.1 Adresse inconnue"}
        assert mail.send(message, sender.address, [TO]) == {TO: "550 5.1.1 Adresse inconnue"}
        assert mail.send(message, sender.address, [COPY]) == {}
    assert [recipients for recipients, _ in box.mail] == [[COPY], [COPY]]


def test_a_connection_lost_while_mail_is_handed_over_leaves_a_doubt(box: Postbox, sender: Sender) -> None:
    message = compose(letter(), sender, sender.new_id(), AT)
    with connected(box) as mail:
        mail.connect()
        box.hang_up = True
        with pytest.raises(MailInterruptedError):
            mail.send(message, sender.address, [TO])
        box.hang_up = False
        mail.connect()  # another connection
        assert mail.send(message, sender.address, [TO]) == {}


def test_smtps_is_tls_from_the_start(tmp_path: Path, sender: Sender) -> None:
    with postbox(tmp_path, scheme="smtps") as box, connected(box) as mail:
        mail.connect()
        assert mail.send(compose(letter(), sender, sender.new_id(), AT), sender.address, [TO]) == {}
        assert len(box.mail) == 1


def refusal(mail: MailServer) -> str:
    with mail, pytest.raises(MailServerError) as raised:
        mail.connect()
    said = str(raised.value)
    assert PASSWORD not in said
    assert QUOTED_PASSWORD not in said
    return said


def test_a_certificate_that_nobody_vouches_for_is_refused(box: Postbox) -> None:
    assert "certificate" in refusal(connected(box, smtp_ca_file=""))


def test_a_server_without_tls_is_refused(tmp_path: Path) -> None:
    with postbox(tmp_path, secure=False) as box:
        assert "STARTTLS" in refusal(connected(box))


def test_a_wrong_password_is_refused(box: Postbox) -> None:
    url = SecretStr(f"smtp://entrepot:faux-mot@127.0.0.1:{box.port}")
    said = refusal(connected(box, smtp_url=url))
    assert "535" in said
    assert "faux-mot" not in said


def test_a_server_that_is_away_is_told_of() -> None:
    url = SecretStr(f"smtp://entrepot:{QUOTED_PASSWORD}@127.0.0.1:{free_port()}")
    assert "refused" in refusal(MailServer(url, ""))


@pytest.mark.parametrize("url", ["", "127.0.0.1:25", "http://a:secret@b", "smtp://a:secret@b:port", "smtp://:secret@"])
def test_an_url_that_cannot_be_read_is_said_without_its_password(url: str) -> None:
    with pytest.raises(EntrepotError, match="ENTREPOT_SMTP_URL must read") as raised:
        MailServer(SecretStr(url), "")
    assert "secret" not in str(raised.value)


def test_a_password_that_mail_servers_cannot_be_sent_is_refused() -> None:
    with pytest.raises(EntrepotError, match="ASCII") as raised:
        MailServer(SecretStr("smtp://entrepot:s%C3%A9cret@127.0.0.1"), "")
    assert "cret@" not in str(raised.value)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (Settings(mail_from=""), "ENTREPOT_MAIL_FROM"),
        (Settings(mail_from="Entrepôt"), "ENTREPOT_MAIL_FROM"),
        (Settings(mail_from=SENDER, mail_reply_to="personne"), "ENTREPOT_MAIL_REPLY_TO"),
    ],
)
def test_a_sender_that_is_no_address_is_refused(settings: Settings, said: str) -> None:
    with pytest.raises(EntrepotError, match=said):
        sender_of(settings)


def test_secrets_do_not_show_in_settings(box: Postbox) -> None:
    assert QUOTED_PASSWORD not in repr(box.settings(Settings()))
