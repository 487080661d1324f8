"""Maps of the form: complete, checked when loaded, and enough by themselves for a new vintage."""

from pathlib import Path

import pytest

from entrepot.forms.reader import Reference, read_return
from entrepot.forms.vintage import VINTAGES_DIR, MapError, gabarit_rows, load_vintages, vintages

from .form import filled, lines, rules, write_xlsx

FIGURES = [
    "identifies",
    "accompagnes",
    "touches_frein",
    "entres_formation",
    "acces_emploi",
    "creation_activite",
    "sorties_positives",
]


def fields(millesime: str, tableau: str) -> list[str]:
    vintage = next(vintage for vintage in vintages() if vintage.millesime == millesime)
    return [champ.champ for table in vintage.tableaux if table.tableau == tableau for champ in table.champs]


def test_the_vintages_serve_every_quarter_once() -> None:
    quarters = [f"{year}-T{number}" for year in (2022, 2023, 2024) for number in (1, 2, 3, 4)]

    served = [[vintage.millesime for vintage in vintages() if vintage.serves(quarter)] for quarter in quarters]

    assert served == [["2022"]] * 8 + [["2024"]] * 4


def test_the_cross_table_counts_people_in_2022_and_women_and_men_in_2024() -> None:
    assert fields("2022", "beneficiaires") == ["public", *FIGURES]
    assert fields("2024", "beneficiaires") == ["public", *(f"{name}_{sexe}" for name in FIGURES for sexe in "fh")]


@pytest.mark.parametrize(
    ("tableau", "added"),
    [
        ("identification", ["contrats_ville", "version_gabarit"]),
        ("actions", ["statut"]),
        ("gouvernance", ["articulation_cte"]),
        ("instances", []),
        ("partenaires", []),
    ],
)
def test_what_2024_adds_stands_last(tableau: str, added: list[str]) -> None:
    assert fields("2024", tableau) == fields("2022", tableau) + added


def test_every_field_is_a_row_of_the_warehouse() -> None:
    rows = {row[:3]: row for row in gabarit_rows()}

    assert rows["2024", "beneficiaires", "accompagnes_f"] == (
        "2024", "beneficiaires", "accompagnes_f", 4, "Bénéficiaires", "croise", "Accompagnés F", "entier", None, False,
        "flux", "accompagnes", "F", '{"min": 0}',
    )  # fmt: skip
    assert len(rows) == sum(len(table.champs) for vintage in vintages() for table in vintage.tableaux)


def copy_of_the_maps(folder: Path) -> Path:
    for path in VINTAGES_DIR.glob("*.yaml"):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.mark.parametrize(
    ("before", "after", "complaint"),
    [
        ("type: code_cite", "type: code_site", r"2022.yaml, line 13: tableaux.0.champs.0.type: Input should be"),
        ("genre: fiche", "genr: fiche", r"2022.yaml, line 7: tableaux.0.genre: Field required"),
        ("champ: nom_cite,", "champ: trimestre,", r"2022.yaml, line 7: tableaux.0: .*a field is declared twice"),
        ("libelle: Axe,", "libelle: Intitulé,", r"2022.yaml, line \d+: .*label of two fields"),
        ("attributs: {borne: fin}, ", "", r"2022.yaml, line \d+: tableaux.0.champs.3: .*borne"),
        ("au_plus: participants,", "au_plus: passants,", r"2022.yaml, line \d+: .*compared with passants, which is no"),
        ("tableaux:", "tableaux: [", r"2022.yaml, line \d+: "),
        ("dernier_trimestre: 2023-T4", "dernier_trimestre: 2024-T2", r"2024.yaml: serves quarters that vintage 2022"),
    ],
)
def test_a_wrong_map_says_where_it_is_wrong(tmp_path: Path, before: str, after: str, complaint: str) -> None:
    path = copy_of_the_maps(tmp_path) / "2022.yaml"
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")

    with pytest.raises(MapError, match=complaint):
        load_vintages(tmp_path)


def test_a_third_vintage_is_a_file_of_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reference: Reference
) -> None:
    """Millésime 2025 (fictitious): a sheet renamed, a question dropped, a column added."""
    text = (copy_of_the_maps(tmp_path) / "2024.yaml").read_text(encoding="utf-8")
    text = text.replace('"2024"', '"2025"').replace("2024-T1", "2025-T1").replace("2024-T4", "2025-T4")
    text = text.replace("feuille: Actions", "feuille: Actions conduites").replace("libelle: Statut,", "libelle: État,")
    text = "\n".join(line for line in text.splitlines() if "version_gabarit" not in line)
    text = text.replace("{champ: statut,", "{champ: lieu, libelle: Lieu, type: texte}\n      - {champ: statut,")
    (tmp_path / "2025.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setattr("entrepot.forms.vintage.VINTAGES_DIR", tmp_path)
    vintages.cache_clear()
    try:
        book = filled("2025", "T1 2025")
        read = read_return(write_xlsx(book), "retour.xlsx", reference)
        earlier = read_return(write_xlsx(filled("2024", "T1 2024")), "retour.xlsx", reference)
    finally:
        vintages.cache_clear()

    assert (rules(read), read.millesime, read.trimestre) == (["SUS-05"], "2025", "2025-T1")
    assert "lieu" in lines(read, "actions")[0]
    assert (rules(earlier), earlier.millesime) == (["SUS-05"], "2024")
