"""One spelling for texts that people hold to be the same."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entrepot.forms.normalise import label_keys, normalise


@pytest.mark.parametrize(
    ("written", "spelling"),
    [
        ("  Aller-vers\u00a0et   raccrocher ", "aller-vers et raccrocher"),
        ("L’entreprise l´atelier ʼx` ‘y", "l'entreprise l'atelier 'x' 'y"),
        ("16–25 ans — 2‑3 −1", "16-25 ans - 2-3 -1"),
        ("Cœur d'Ætna ÉÀÇ", "coeur d'aetna eac"),
        ("e\u0301te\u0301 cumule\u0301", "ete cumule"),
        ("Bénéfi\u200bciaires\u202fdu\nRSA\ufeff", "beneficiaires du rsa"),
    ],
)
def test_spellings(written: str, spelling: str) -> None:
    assert normalise(written) == spelling


@given(st.text())
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(
    st.lists(st.sampled_from(["été", "Été", "ÉTÉ", "e\u0301te\u0301"]), min_size=1),
    st.sampled_from([" ", "\u00a0 ", "\n"]),
)
def test_case_accents_and_spaces_do_not_count(words: list[str], space: str) -> None:
    assert normalise(space.join(words)) == " ".join(["ete"] * len(words))


@pytest.mark.parametrize("label", ["Coût total (€)", "COUT TOTAL (€) :", "Coût  total (en euros)", "coût total *"])
def test_labels_share_a_key_whatever_their_punctuation(label: str) -> None:
    assert "cout total" in label_keys(label)
