"""The ledger of contracts: the shape of each mart as last announced to readers, and what may become of it.

`dbt_project/contrats.lock` holds the shapes, `docs/contrats.md` tells readers of each change. A change that takes
something away from a mart that somebody reads needs a new version, beside which the former one stays for two quarters.
"""

import calendar
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from pydantic import Field, TypeAdapter

from entrepot.contracts.project import Mart, Project
from entrepot.errors import EntrepotError
from entrepot.settings import Settings
from entrepot.yamldata import Strict, load_yaml

MONTHS_KEPT = 6
"""A former version, or a mart that is to go, stays two quarters from its announcement."""
ANNOUNCED = "<!-- annonces : `entrepot contract accept` écrit sous cette ligne -->"
HEADER = """\
# Forme des marts telle qu'annoncée aux lecteurs : écrit par `entrepot contract accept`, jamais à la main.
# Ce qui peut changer, et comment c'est annoncé : docs/contrats.md.
"""


class ContractError(EntrepotError):
    """What is promised to readers is not kept, or not told."""


class Entry(Strict):
    """The announced shape of a mart, or of a former version of one.

    Attributes:
        version: of the contract.
        cle: columns of the primary key.
        sens: digest of the descriptions.
        retrait_le: first day on which it may be gone.
        annonce_le: day of the last change; none since the ledger began.
        colonnes: type of each column.
    """

    version: int = Field(ge=1)
    cle: tuple[str, ...] = ()
    sens: str
    retrait_le: date | None = None
    annonce_le: date | None = None
    colonnes: dict[str, str]

    @classmethod
    def of(cls, mart: Mart, announced_on: date | None = None) -> "Entry":
        """The shape of a mart as it is declared now."""
        return cls(
            version=mart.version,
            cle=mart.key,
            sens=mart.meaning,
            retrait_le=mart.retired_on,
            annonce_le=announced_on,
            colonnes=dict(mart.columns),
        )

    @property
    def shape(self) -> tuple[object, ...]:
        """What queries rest on."""
        return self.version, self.cle, self.colonnes


@dataclass(frozen=True)
class Change:
    """What became of a mart since the ledger was last written.

    Attributes:
        mart: name of the view that readers see.
        text: the change, in French, as readers are told.
        refused: why it may not be; empty where it may, once announced.
    """

    mart: str
    text: str
    refused: str = ""


def ledger_path(settings: Settings) -> Path:
    """File of the ledger; by its suffix it is no part of the method: writing it computes nothing again."""
    return settings.dbt_dir / "contrats.lock"


def page_path(settings: Settings) -> Path:
    """Page where readers are told."""
    return settings.project_dir / "docs" / "contrats.md"


def load(settings: Settings) -> dict[str, Entry]:
    """The ledger; empty before it was first written.

    Raises:
        ContractError: it is not what `accept` writes; the sentence names the line.
    """
    path = ledger_path(settings)
    return load_yaml(path, TypeAdapter(dict[str, Entry]), ContractError) if path.exists() else {}


def check(settings: Settings, project: Project, on: date) -> None:
    """Check that every mart is as announced, and every announcement told.

    Raises:
        ContractError: a change is not announced, or may not be; the sentences name the marts and what to do.
    """
    ledger = load(settings)
    if changes := list(compare(ledger, project, on)):
        lines = [
            f"{change.mart}: {change.text}{f' REFUSED: {change.refused}' if change.refused else ''}"
            for change in changes
        ]
        raise ContractError(
            "\n".join(lines) + "\nAnnounce what is not refused: `entrepot contract accept --reason '…'` (in French)."
        )
    page = page_path(settings).read_text("utf-8")
    for name, entry in ledger.items():
        if entry.annonce_le and f"| {entry.annonce_le} | `{name}` |" not in page:
            raise ContractError(
                f"{page_path(settings)} does not tell of the change of {name} on {entry.annonce_le}: put its line back."
            )


def accept(settings: Settings, project: Project, reason: str, on: date) -> list[Change]:
    """Announce the changes: write the ledger, and tell readers in `docs/contrats.md`.

    Args:
        reason: what changes for readers and what they have to do, in French.
        on: the day of the announcement.

    Raises:
        ContractError: a change may not be, or no reason is given; nothing is written then.
    """
    ledger = load(settings)
    changes = list(compare(ledger, project, on))
    if refused := [f"{change.mart}: {change.text} {change.refused}" for change in changes if change.refused]:
        raise ContractError("\n".join(refused))
    if ledger and changes and not reason.strip():
        raise ContractError("Say what changes for readers, in French: --reason.")
    changed = {change.mart for change in changes}
    entries = {
        name: Entry.of(mart, on if ledger else None) if name in changed else ledger[name]
        for name, mart in project.marts.items()
    }
    if ledger:
        _tell(page_path(settings), changes, reason, on)
    ledger_path(settings).write_text(_written(entries), "utf-8")
    return changes


def compare(ledger: Mapping[str, Entry], project: Project, on: date) -> Iterator[Change]:
    """What became of each mart since the ledger was written, and whether it may."""
    marts = project.marts
    for name in sorted({*ledger, *marts}):
        before, after = ledger.get(name), marts.get(name)
        if before and after:
            yield from _changed(before, after, marts, project.readers, on)
        elif before:
            yield _gone(name, before, on)
        elif after:
            yield _new(after, ledger, on)


def _changed(
    before: Entry, after: Mart, marts: Mapping[str, Mart], readers: Callable[[Mart], Sequence[str]], on: date
) -> Iterator[Change]:
    now = Entry.of(after)
    lost, gained = _differences(before, now)
    if now.version != before.version:
        kept = f"{after.model}_v{before.version}"
        refused = ""
        if now.version < before.version:
            refused = "Versions only go up."
        elif kept not in marts:
            refused = f"Version {before.version} must stay beside it for two quarters, as {kept} (docs/contrats.md)."
        yield Change(after.name, f"version {now.version} : {', '.join([*lost, *gained]) or 'même forme'}.", refused)
    else:
        if lost:
            read_by = readers(after)
            refused = (
                f"It is read by {', '.join(read_by)}: give the mart version {now.version + 1} and keep this one"
                " beside it (docs/contrats.md)."
                if read_by
                else ""
            )
            yield Change(after.name, f"{', '.join(lost)}.", refused)
        if gained:
            yield Change(after.name, f"{', '.join(gained)}.")
        if now.sens != before.sens and not lost and not gained:
            yield Change(after.name, "description précisée.")
    if now.retrait_le != before.retrait_le:
        yield _retirement(after, before, on)


def _differences(before: Entry, now: Entry) -> tuple[list[str], list[str]]:
    """What is taken away from readers, and what is given to them, in French."""
    lost = [f"colonne `{name}` retirée" for name in before.colonnes if name not in now.colonnes]
    gained = [
        f"colonne `{name}` ajoutée ({kind})" for name, kind in now.colonnes.items() if name not in before.colonnes
    ]
    for name, kind in before.colonnes.items():
        changed = now.colonnes.get(name, kind)
        if changed == f"{kind} not null":
            gained.append(f"colonne `{name}` toujours remplie")
        elif changed != kind:
            lost.append(f"colonne `{name}` : {kind} devient {changed}")
    if now.cle != before.cle:
        lost.append(f"clé ({', '.join(before.cle)}) devenue ({', '.join(now.cle)})")
    return lost, gained


def _gone(name: str, before: Entry, on: date) -> Change:
    if before.retrait_le is None:
        refused = f"Announce it first: a deprecation_date, {MONTHS_KEPT} months from now or later."
    elif on < before.retrait_le:
        refused = f"It was promised until {before.retrait_le}."
    else:
        refused = ""
    return Change(name, "retiré.", refused)


def _new(mart: Mart, ledger: Mapping[str, Entry], on: date) -> Change:
    if mart.name == mart.model:
        return Change(mart.name, "nouveau mart.")
    until = f" jusqu'au {mart.retired_on}" if mart.retired_on else ""
    text = f"version {mart.version} de `{mart.model}`, gardée{until}."
    was = ledger.get(mart.model)
    if was is None or was.shape != Entry.of(mart).shape:
        return Change(
            mart.name, text, f"It is not what {mart.model} was: a former version keeps its columns, types and key."
        )
    return Change(mart.name, text, _too_soon(mart, on))


def _retirement(mart: Mart, before: Entry, on: date) -> Change:
    text = f"retrait prévu le {mart.retired_on}." if mart.retired_on else "n'est plus à retirer."
    if mart.retired_on and before.retrait_le and mart.retired_on >= before.retrait_le:
        return Change(mart.name, text)
    return Change(mart.name, text, _too_soon(mart, on) if mart.retired_on else "")


def _too_soon(mart: Mart, on: date) -> str:
    first = _months_after(on, MONTHS_KEPT)
    if mart.retired_on is None or mart.retired_on < first:
        return f"Its deprecation_date must be {first} or later: readers have two quarters to follow."
    return ""


def _months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _tell(page: Path, changes: Sequence[Change], reason: str, on: date) -> None:
    text = page.read_text("utf-8")
    if ANNOUNCED not in text:
        raise ContractError(f"{page} has lost its line « {ANNOUNCED} », under which changes are told: put it back.")
    said = re.sub(r"\s+", " ", reason).strip().replace("|", "\\|")
    rows = "".join(f"| {on} | `{change.mart}` | {change.text} {said} |\n" for change in changes)
    head, heading, table = text.partition(f"{ANNOUNCED}\n")
    # The two lines of the table's head, then the newest first.
    lines = table.splitlines(keepends=True)
    page.write_text(head + heading + "".join(lines[:3]) + rows + "".join(lines[3:]), "utf-8")


def _written(entries: Mapping[str, Entry]) -> str:
    data = {name: entry.model_dump(exclude_none=True) for name, entry in entries.items()}
    for entry in data.values():
        entry["cle"] = list(entry["cle"])
    return HEADER + yaml.safe_dump(data, allow_unicode=True, sort_keys=False)
