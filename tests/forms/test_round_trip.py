"""What is typed in a blank form is what reading finds: form, filling, reading are one map."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from entrepot.forms.reader import Reference, read_return

from .filling import Filler, Filling, Form, converted, expected, filled_forms, found, known

# The last quarter of a year asks everything.
VINTAGES = {"2022": "2023-T4", "2024": "2024-T4"}
FORMS = {vintage: Form(known().subject("cde-045", quarter)) for vintage, quarter in VINTAGES.items()}
FILLINGS = 200
# LibreOffice takes half a second a file: a few in the suite, all with ENTREPOT_TEST_ROUND_TRIPS=200.
CONVERTED = int(os.environ.get("ENTREPOT_TEST_ROUND_TRIPS", "3"))


@pytest.mark.parametrize("vintage", FORMS)
def test_what_is_typed_is_what_is_read(vintage: str, reference: Reference) -> None:
    form = FORMS[vintage]
    filler = Filler(form)

    @settings(max_examples=FILLINGS, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(form.answers())
    def holds(filling: Filling) -> None:
        read = read_return(filler.filled(filling), "retour.xlsx", reference)

        assert found(form, read) == expected(form, filling)
        assert (read.territoire_id, read.trimestre, read.constats) == ("cde-045", form.subject.trimestre.code, [])

    holds()


# In the mainland and overseas, in one département and in two, in a T4 and before it.
@pytest.mark.parametrize("quarter", ["2022-T1", "2024-T1", "2024-T4"])
@pytest.mark.parametrize("territory", ["cde-017", "cde-045", "cde-031"])
def test_a_form_sent_back_as_it_came_says_nothing_wrong_of_its_structure(
    territory: str, quarter: str, reference: Reference
) -> None:
    read = read_return(Form(known().subject(territory, quarter)).blank(), "retour.xlsx", reference)

    assert (read.territoire_id, read.trimestre, read.constats) == (territory, quarter, [])


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.parametrize("kind", ["ods", "xls"])
def test_what_libreoffice_saves_in_another_format_reads_the_same(
    kind: str, tmp_path: Path, reference: Reference
) -> None:
    filled = [(form, *one) for name, form in FORMS.items() for one in filled_forms(form, CONVERTED, tmp_path / name)]

    results = converted([path for _, _, path in filled], kind, tmp_path / kind)

    for (form, filling, _), result in zip(filled, results, strict=True):
        read = read_return(result.read_bytes(), result.name, reference)
        assert (found(form, read), read.constats) == (expected(form, filling), [])
