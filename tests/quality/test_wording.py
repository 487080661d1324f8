"""Values as a reader in France writes them."""

from datetime import date
from decimal import Decimal

import pytest

from entrepot.quality.wording import sentence, written


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "vide"),
        (date(2023, 12, 31), "31/12/2023"),
        ("2023-12-31", "31/12/2023"),
        ("2023-T4", "T4 2023"),
        (12.0, "12"),
        (Decimal("12.50"), "12,5"),
        ("512.5", "512,5"),
        ("-0.25", "-0,25"),
        ("1.2.3", "1.2.3"),
        (" 1 234 ", "1 234"),
        (["caf", "plie"], "caf, plie"),
        ("x" * 100, "x" * 80 + "…"),
    ],
)
def test_a_value_is_written_in_french(value: object, text: str) -> None:
    assert written(value) == text


def test_a_sentence_that_quotes_what_nobody_gives_is_refused() -> None:
    with pytest.raises(KeyError, match="cite"):
        sentence("« {valeur} » dépasse {cite}.", {"valeur": 1})
