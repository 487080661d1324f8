"""Codes of cités and quarters, in the forms senders type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.forms.identity import read_cite, read_quarter

CODES = st.integers(1, 999)


@pytest.mark.parametrize(
    "typed",
    [
        "cde-045",
        "CDE 045",
        "cde045",
        "CDE_045",
        " cde-045 - Tours",
        "cde-045 (Tours)",
        "Tours (cde-045)",
        "'cde-045",
        "045",
        "045 - Tours",
        "Cde‑045",
    ],
)
def test_a_cite_is_read_in_every_form(typed: str) -> None:
    assert read_cite(typed) == ("cde-045", False)


@pytest.mark.parametrize("typed", ["cde-45", "45", "CDE 45", "45 - Tours"])
def test_a_lost_zero_is_put_back_and_said(typed: str) -> None:
    assert read_cite(typed) == ("cde-045", True)


@pytest.mark.parametrize(
    "typed", ["", "Tours", "37000", "cde-0451", "cde-045 / cde-046", "45 rue fictive", "QP037001", "#REF!"]
)
def test_anything_else_is_no_cite(typed: str) -> None:
    assert read_cite(typed) is None


@given(
    CODES, st.sampled_from(["cde-", "CDE ", "cde", "Cde_", ""]), st.sampled_from(["", " - Ville fictive", " (fictive)"])
)
def test_every_code_is_read_back(number: int, prefix: str, name: str) -> None:
    assert read_cite(f"{prefix}{number:03}{name}") == (f"cde-{number:03}", False)


@given(st.text(max_size=30))
def test_reading_never_fails(text: str) -> None:
    read_cite(text)
    read_quarter(text)


@pytest.mark.parametrize(
    "typed",
    [
        "T4 2023", "T4-2023", "t4/2023", "4T2023", "4T 2023", "2023T4", "2023-T4", "2023 T4", "T42023", "Q4 2023",
        "4e trimestre 2023", "4ème trim. 2023", "4ème trimestre de l’année 2023", "Quatrième trimestre 2023",
        "Trimestre 4 2023", "Trim. 4 - 2023", "2023 4e trimestre", "T4-23", "4T23", "4° trimestre 2023", "T IV 2023",
        "IVe trimestre 2023", "'T4 2023",
    ],
)  # fmt: skip
def test_a_quarter_is_read_in_every_form(typed: str) -> None:
    assert read_quarter(typed) == "2023-T4"


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "2023",
        "T5 2023",
        "T0 2023",
        "T4",
        "4 2023",
        "T4 1923",
        "T3-T4 2023",
        "IV",
        "T4 20233",
        "octobre 2023",
        "2023-12-31",
    ],
)
def test_anything_else_is_no_quarter(typed: str) -> None:
    assert read_quarter(typed) is None


@given(
    st.integers(2000, 2099),
    st.integers(1, 4),
    st.sampled_from(["T{n} {y}", "{n}T{y}", "{y}T{n}", "{y}-T{n}", "{n}e trimestre {y}", "Trimestre {n} - {y}"]),
)
def test_every_quarter_is_read_back(year: int, number: int, form: str) -> None:
    assert read_quarter(form.format(n=number, y=year)) == f"{year}-T{number}"
