"""The ledger of corrections, recognised by its columns wherever it stands (fictitious decisions)."""

import pytest

from entrepot.forms.reader import Reference, read_return
from tests.receipts.ledger import HEADER, ledger, ledger_csv, line

from .form import lines, rules, write_xlsx

LINE = line("Actions", 3, "Participants", 12, 21)


@pytest.mark.parametrize(("content", "name"), [(ledger(LINE), "registre.xlsx"), (ledger_csv(LINE), "registre.csv")])
def test_a_ledger_is_known_by_its_columns(reference: Reference, content: bytes, name: str) -> None:
    read = read_return(content, name, reference)

    assert (read.genre, read.constats) == ("registre_corrections", [])
    (found,) = lines(read, "registre_corrections")
    assert (found["cite"], found["champ"], found["nouvelle_valeur"]) == ("cde-045", "Participants", "21")


def test_a_ledger_without_a_reason_for_anything_is_rejected(reference: Reference) -> None:
    without = [[cell for name, cell in zip(HEADER, row, strict=True) if name != "Motif"] for row in (HEADER, LINE)]

    read = read_return(write_xlsx({"Registre": without}), "registre.xlsx", reference)

    assert (read.genre, rules(read)) == ("registre_corrections", ["STR-10"])
