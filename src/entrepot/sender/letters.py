"""Mail in French, from the templates of `courriels/`: plain text, dates and numbers written the French way."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from babel.dates import format_date
from jinja2 import Environment, PackageLoader, StrictUndefined, TemplateError, TemplateNotFound, meta, select_autoescape

from entrepot.inert import CONTROLS, one_line
from entrepot.restitution import french

ABOUT_A_RETURN = frozenset(
    {"territoire_id", "nom", "region", "trimestre", "echeance", "jours_retard", "etat", "fichier", "recu_le", "motif",
     "joignable", "en_copie", "repondre"}
)  # fmt: skip
"""What the templates of reminders may speak of."""

ABOUT_A_FILE = frozenset(
    {"territoire_id", "nom", "trimestre", "fichier", "recu_le", "verdict", "motif", "cases", "questions", "remplace",
     "delai", "piece_jointe", "dictionnaire", "repondre"}
)  # fmt: skip
"""What the templates of acknowledgements may speak of."""

_MAX_REASON = 2000
_EMPTY_LINES = re.compile(r"\n{3,}")

_ENVIRONMENT = Environment(
    loader=PackageLoader("entrepot.sender", "courriels"),
    autoescape=select_autoescape(default_for_string=False),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_ENVIRONMENT.filters["plural"] = french.plural


@dataclass(frozen=True)
class Occasion:
    """What a mail is about; no two are mailed about the same.

    Attributes:
        etape: step of the rules, `accuse`, `deja_recu` or `alerte`.
        etat: state of the return, verdict of the file, or number of the notice.
        recepisse_id: the file that it speaks of, if any.
    """

    etape: str
    etat: str
    territoire_id: str | None
    trimestre: str | None
    recepisse_id: int | None

    def __str__(self) -> str:
        about = self.territoire_id, self.trimestre, self.recepisse_id and f"receipt {self.recepisse_id}"
        return " ".join([self.etape, *(str(part) for part in about if part)])


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a letter; `alone` when it is our sheet without any of the sender's."""

    name: str
    content: bytes
    alone: bool = False


@dataclass(frozen=True)
class Letter:
    """A mail to be sent: to whom, and what it says.

    Attributes:
        to: addresses; nobody is known to write to when there is none.
        cc: addresses of those who get a copy.
    """

    occasion: Occasion
    to: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    text: str
    attachment: Attachment | None = field(default=None, repr=False)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Everybody who gets it."""
        return self.to + self.cc


def write(template: str, subject: str, facts: Mapping[str, object]) -> tuple[str, str]:
    """Write a letter.

    Args:
        template: name of the template of the text.
        subject: template of the subject.
        facts: what they speak of.

    Returns:
        Its subject, on one line, and its text.
    """
    text = _ENVIRONMENT.get_template(template).render(facts)
    return (
        one_line(_ENVIRONMENT.from_string(subject).render(facts)),
        _EMPTY_LINES.sub("\n\n", text).strip("\n") + "\n",
    )


def check_subject(subject: str, facts: frozenset[str]) -> None:
    """Make sure that a subject is one line and speaks of what is known.

    Raises:
        ValueError: it does not.
    """
    if CONTROLS.search(subject):
        raise ValueError("a subject is one line")
    try:
        spoken_of = meta.find_undeclared_variables(_ENVIRONMENT.parse(subject))
    except TemplateError as error:
        raise ValueError(f"{error}") from None
    if unknown := sorted(spoken_of - facts):
        raise ValueError(f"speaks of {', '.join(unknown)}, of which nothing is known")


def check_template(name: str, facts: frozenset[str]) -> None:
    """Make sure that a template is there, and that it and those it includes speak of what is known.

    Raises:
        ValueError: it does not.
    """
    assert _ENVIRONMENT.loader is not None
    try:
        source = _ENVIRONMENT.loader.get_source(_ENVIRONMENT, name)[0]
        parsed = _ENVIRONMENT.parse(source)
    except TemplateNotFound:
        raise ValueError(f"there is no courriels/{name}") from None
    except TemplateError as error:
        raise ValueError(f"courriels/{name}: {error}") from None
    if unknown := sorted(meta.find_undeclared_variables(parsed) - facts):
        raise ValueError(f"courriels/{name} speaks of {', '.join(unknown)}, of which nothing is known")
    for included in meta.find_referenced_templates(parsed):
        assert included is not None
        check_template(included, facts)


def reason(motif: str | None) -> str:
    """Why a file was rejected, on one line: what senders typed may be quoted in it."""
    return one_line(motif or "", _MAX_REASON)


def day(value: date) -> str:
    """Write a day in words, « 1er mars 2025 »."""
    return re.sub(r"^1 ", "1er ", format_date(value, "d MMMM y", locale=french.LOCALE))


def file_name(text: str) -> str:
    """A text from outside as the name of a file: one line, no path."""
    return one_line(Path(text.replace("\\", "/")).name) or "classeur"
