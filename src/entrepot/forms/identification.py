"""What the sheet Identification says: the cité, the quarter, and the version of the form."""

from entrepot.forms.finding import Constat
from entrepot.forms.identity import read_cite, read_quarter
from entrepot.forms.layout import Located
from entrepot.forms.reference import Reference
from entrepot.forms.vintage import Millesime, vintages


def read_territory(fiche: Located, reference: Reference) -> tuple[str | None, list[Constat]]:
    """The known cité that the sheet names, if it does."""
    text = _answer(fiche, "territoire_id")
    read = read_cite(text) if text else None
    if read is None or read[0] not in reference.territoires:
        return None, [_about(fiche, "STR-04", "territoire_id")]
    code, zero_lost = read
    return code, [_about(fiche, "SUS-10", "territoire_id", lu=code)] if zero_lost else []


def read_period(fiche: Located, vintage: Millesime) -> tuple[str | None, list[Constat]]:
    """The quarter that the sheet names, and whether this vintage of the form serves it.

    Args:
        fiche: the sheet.
        vintage: the vintage that the sheets of the workbook are.
    """
    text = _answer(fiche, "trimestre")
    quarter = read_quarter(text) if text else None
    if quarter is None:
        return None, [_about(fiche, "STR-05", "trimestre")]
    due = next((candidate for candidate in vintages() if candidate.serves(quarter)), None)
    if due is None:
        first, last = vintages()[0].premier_trimestre, vintages()[-1].dernier_trimestre
        return None, [_about(fiche, "STR-06", "trimestre", lu=quarter, premier=first, dernier=last)]
    if due != vintage:
        mismatch = {"lu": quarter, "millesime": vintage.millesime, "millesime_attendu": due.millesime}
        return quarter, [_about(fiche, "STR-08", "trimestre", **mismatch)]
    version = _answer(fiche, "version_gabarit")
    if version and version.strip() != vintage.millesime:
        return quarter, [_about(fiche, "SUS-09", "version_gabarit", millesime=vintage.millesime)]
    return quarter, []


def _answer(fiche: Located, champ: str) -> str | None:
    row = fiche.row_of(champ)
    return None if row is None else fiche.cell(row, champ)


def _about(fiche: Located, regle: str, champ: str, **contexte: str) -> Constat:
    row, column = fiche.row_of(champ), fiche.columns.get(champ)
    return Constat(
        regle,
        fiche.tableau.tableau,
        champ,
        fiche.sheet.name,
        None if row is None else row + 1,
        None if column is None else column + 1,
        _answer(fiche, champ),
        contexte,
    )
