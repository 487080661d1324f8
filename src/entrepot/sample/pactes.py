"""A fictitious list of labelled pactes: no such list is public. Only the codes of contrats de ville are real."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from entrepot.forms.vintage import Tableau
from entrepot.sample.book import Book, Line, Sheet
from entrepot.sample.catalogue import Catalogue, Contract
from entrepot.sample.plan import rng_for

NAME = "liste_fictive_pactes_labellises.xlsx"
SENDER = "labellisation@pactes.exemple.invalid"
FICTITIOUS_LIST = (
    "LISTE FICTIVE : aucun de ces territoires n'a été labellisé ; échantillon fabriqué pour essayer l'entrepôt"
)


@dataclass(frozen=True)
class Wave:
    """A labelling wave: how many former cités it labels, and how many territories that were none."""

    name: str
    day: date
    relays: int
    newcomers: int


# « Une quarantaine » of territories besides the cités were announced for 2025.
WAVES = (
    Wave("2025-1", date(2025, 3, 14), relays=38, newcomers=22),
    Wave("2025-2", date(2025, 10, 10), relays=18, newcomers=17),
    Wave("2026-1", date(2026, 4, 17), relays=6, newcomers=29),
)


def labels(catalogue: Catalogue, seed: int) -> list[Line]:
    """Lines of the list, drawn from the seed: territory, département, contract, day, wave."""
    return list(_labels(catalogue, rng_for(seed, "pactes")))


def _labels(catalogue: Catalogue, rng: random.Random) -> Iterator[Line]:
    cites = rng.sample(catalogue.territories, k=len(catalogue.territories))
    taken = {contract.code for territory in cites for contract in territory.contracts}
    names = {territory.name for territory in cites}
    others = [c for c in catalogue.contracts if c.code.startswith("CN") and c.code not in taken and c.name not in names]
    rng.shuffle(others)
    for wave in WAVES:
        relays, cites = cites[: wave.relays], cites[wave.relays :]
        newcomers, others = others[: wave.newcomers], others[wave.newcomers :]
        chosen = [(t.name, t.departments, t.contracts) for t in relays]
        chosen += [(c.name, (c.department,), (c,)) for c in newcomers]
        for name, departments, contracts in sorted(chosen, key=lambda place: (place[1], place[0])):
            yield _line(name, departments, contracts, wave)


def _line(name: str, departments: tuple[str, ...], contracts: tuple[Contract, ...], wave: Wave) -> Line:
    return {
        "territoire": name,
        "departement": "; ".join(departments),
        "contrat_ville": tuple(contract.code for contract in contracts),
        "date_labellisation": wave.day,
        "vague": wave.name,
    }


def workbook(form: Tableau, catalogue: Catalogue, lines: list[Line]) -> Book:
    """The list as the annex of the labelling order shows it, under a title that says it is fictitious."""
    sheet = Sheet(form.feuille)
    sheet.write(1, 1, FICTITIOUS_LIST, "titre")
    header = form.ligne + 2
    for column, champ in enumerate(form.champs, start=1):
        sheet.write(header, column, champ.libelle, "entete")
        for row, line in enumerate(lines, start=header + 1):
            value = catalogue.choices.printed(line[champ.champ], champ, "2024")
            sheet.write(row, column, value, "date" if isinstance(value, date) else "")
    return Book("2024", [sheet], {})
