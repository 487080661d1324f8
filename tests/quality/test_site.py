"""Data Docs show every suite and what the published release came to, and quote no cell."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

import pytest
from lxml import html  # type: ignore[import-untyped]

from entrepot.errors import EntrepotError
from entrepot.quality.rules import load_suites
from entrepot.quality.site import write_data_docs
from entrepot.settings import Settings
from tests.conftest import Warehouse

pytestmark = pytest.mark.parametrize("server", ["embedded"], indirect=True)

# What no page may hold: an invented person's data, typed where it should not be.
TYPED = ("personne.fictive@exemple.invalid", "06 00 00 00 00")


def publish(warehouse: Warehouse) -> None:
    """A release that readers see: one check that failed, one that observed a text, findings of a return in force."""
    with warehouse.connection as connection:
        connection.execute(
            "insert into entrepot.recepisse (recepisse_id, empreinte, taille, nom_fichier, canal, recu_le, genre,"
            " format, territoire_id, trimestre, millesime, verdict, verdict_le) overriding system value"
            " select numero, repeat(numero::text, 64), 1, 'personne.fictive@exemple.invalid.xlsx', 'commande', now(),"
            " 'retour', 'xlsx', 'cde-001', '2024-T4', '2024', 'accepte', now() from generate_series(1, 2) as numero"
        )
        connection.execute(
            "insert into entrepot.parution (parution_id, statut, achevee_le, version_code, methode, donnees_fictives)"
            " overriding system value values (7, 'publiee', %s, '1', 'm', true)",
            [datetime(2025, 2, 1, 9, tzinfo=UTC)],
        )
        connection.execute("insert into entrepot.connaissance select recepisse_id, recu_le, 7 from entrepot.recepisse")
        # The second replaced the first.
        connection.execute(
            "insert into entrepot.vigueur select recepisse_id, genre, territoire_id, trimestre, recu_le,"
            " case recepisse_id when 1 then recu_le else 'infinity' end from entrepot.recepisse"
        )
        connection.execute(
            "insert into entrepot.constat (recepisse_id, regle, severite, tableau, champ, feuille, ligne, colonne,"
            " valeur, message, qui_corrige) select recepisse_id, 'ACT-06', 'valeur', 'actions', 'participants_femmes',"
            " 'Actions', ligne, 12, %s, %s, 'territoire' from entrepot.recepisse"
            " cross join generate_series(7, 10) as lignes (ligne)",
            [*TYPED],
        )
        connection.execute(
            "with passage as (insert into entrepot.passage (parution_id) values (7) returning passage_id)"
            " insert into entrepot.resultat (passage_id, regle, table_gardee, reussi, observe)"
            " select passage_id, regle, 'bilan_axes', reussi, observe from passage cross join (values"
            " ('BAX-02', false, '31'), ('BAX-01', true, '0'), ('BAX-03', true, %s))"
            " as observes (regle, reussi, observe)",
            [TYPED[0]],
        )
        connection.execute("insert into entrepot.parution_montree values (7, 'calcul')")


def test_data_docs_before_and_after_a_release(warehouse: Warehouse, tmp_path: Path) -> None:
    out, suites = tmp_path / "docs", load_suites(Settings().expectations_dir)
    tables = {suite.table for suite in (*suites.cells, *suites.marts)}

    write_data_docs(warehouse.settings, out)
    assert {page.stem for page in (out / "expectations").iterdir()} == tables
    assert not (out / "validations").exists()

    publish(warehouse)
    index = html.fromstring(write_data_docs(warehouse.settings, out).read_text("utf-8"))
    pages = {page: page.read_text("utf-8") for page in out.rglob("*.html")}

    assert {path.name for path in out.iterdir()} == {"index.html", "expectations", "validations"}
    # Every suite, every rule in our words, nothing that a rule says is a tag.
    assert {page.stem for page in (out / "expectations").iterdir()} == tables
    actions = html.fromstring(pages[out / "expectations" / "ctl_actions.html"]).text_content()
    assert {rule.code for suite in suites.cells if suite.table == "ctl_actions" for rule in suite.regles} <= set(
        actions.split()
    )
    assert "ACT-06 participants_femmes – rejette la case – « … » (…) dépasse « Participants » (…)" in actions
    lectures = html.fromstring(pages[out / "expectations" / "stg_lectures.html"]).text_content()
    assert "dit une borne (« plus de », « < »…)" in lectures
    assert "« &lt; »" in pages[out / "expectations" / "stg_lectures.html"]

    # What the release recorded, in counts.
    (axes,) = (text for page, text in pages.items() if page.is_relative_to(out / "validations" / "bilan_axes"))
    rows = [" ".join(row.text_content().split()) for row in html.fromstring(axes).xpath("//tr")]
    assert [row[-2:] for row in rows if "BAX-02" in row] == ["31"]
    (cells,) = (text for page, text in pages.items() if page.is_relative_to(out / "validations" / "ctl_actions"))
    rows = [" ".join(row.text_content().split()) for row in html.fromstring(cells).xpath("//tr")]
    assert [row[-2:] for row in rows if "ACT-06 participants_femmes" in row] == [" 4"]
    assert [row[-2:] for row in rows if "ACT-06 participants_jeunes" in row] == [" 0"]

    # What analysts read is French, headings included.
    texts = {text.strip() for page in pages.values() for text in html.fromstring(page).xpath("//text()")}
    assert texts.isdisjoint({"Overview", "Statistics", "Status", "Observed Value", "Table-Level Expectations", "Info"})
    assert {"Vue d'ensemble", "Comptes", "Observé", "Règles de la table"} <= texts

    # No cell, no person, no account, no machine; nothing is fetched from elsewhere; links lead somewhere.
    everything = "\n".join(pages.values())
    secrets = [*TYPED, warehouse.url, warehouse.url.split("@")[0], str(tmp_path), str(Path.home())]
    assert [secret for secret in secrets if secret in everything] == []
    assert [text for text in ("<script", "://", "<link", "url(") if text in everything] == []
    for page, text in pages.items():
        links = [unquote(link.split("#")[0]) for link in html.fromstring(text).xpath("//a/@href | //@src")]
        assert [link for link in links if link and not (page.parent / link).exists()] == [], page
    assert len(index.xpath("//a[text()='résultats']")) == len(list((out / "validations").rglob("*.html")))


def test_a_folder_that_holds_something_else_is_left_alone(warehouse: Warehouse, tmp_path: Path) -> None:
    (tmp_path / "validations").mkdir()
    (tmp_path / "validations" / "notes.txt").write_text("à garder", "utf-8")
    with pytest.raises(EntrepotError, match="holds other files"):
        write_data_docs(warehouse.settings, tmp_path)
    assert (tmp_path / "validations" / "notes.txt").exists()
