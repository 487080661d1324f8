"""The dictionary shows every rule and every field once, and leads from one to the other."""

import re
import shutil
from collections import Counter
from datetime import date
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.request import urlopen

import pytest
from lxml import etree, html  # type: ignore[import-untyped]
from pydantic import ValidationError
from typer.testing import CliRunner

from entrepot import local_server
from entrepot.cli import app
from entrepot.dictionary.page import render, write_dictionary
from entrepot.dictionary.words import words
from entrepot.forms.vintage import lists, vintages
from entrepot.quality.rules import Suites, load_suites, placeholders
from entrepot.settings import PROJECT_DIR, Settings

DAY = date(2026, 3, 1)


@pytest.fixture(scope="module")
def suites() -> Suites:
    return load_suites(Settings().expectations_dir)


@pytest.fixture(scope="module")
def text() -> str:
    return render(Settings(), DAY)


@pytest.fixture(scope="module")
def page(text: str) -> etree._Element:
    return html.fromstring(text)


def test_every_rule_has_its_entry_once(page: etree._Element, suites: Suites) -> None:
    opening = [suite.row_count_code for suite in (*suites.cells, *suites.marts)]
    shown = [article.get("id") for article in page.xpath("//article")]
    assert Counter(shown) == Counter([*opening, *(rule.code for rule in suites.rules())])


def test_every_field_of_every_form_has_its_line_once(page: etree._Element) -> None:
    fields = [
        f"champ-{one.millesime}-{table.tableau}-{champ.champ}"
        for one in vintages()
        for table in one.tableaux
        for champ in table.champs
    ]
    fields += [f"champ-liste-{table.tableau}-{champ.champ}" for table in lists().values() for champ in table.champs]
    assert Counter(row.get("id") for row in page.xpath("//tbody/tr")) == Counter(fields)


def test_every_link_leads_somewhere_on_the_page_and_no_anchor_is_used_twice(page: etree._Element) -> None:
    anchors = Counter(page.xpath("//@id"))
    assert [anchor for anchor, times in anchors.items() if times > 1] == []
    assert {link for link in page.xpath("//a/@href") if link[0] != "#" or link[1:] not in anchors} == set()
    assert {name for names in page.xpath("//@aria-labelledby") for name in names.split()} <= anchors.keys()


def test_the_page_needs_nothing_else(text: str, page: etree._Element) -> None:
    assert page.xpath("//script | //link | //img | //iframe | //@src") == []
    assert re.findall(r"https?://|url\(|@import", text) == []
    # What a browser would have to repair is told by libxml2; it knows no element of HTML 5.
    parser = etree.HTMLParser(recover=True)
    etree.fromstring(text, parser)
    assert [fault.message for fault in parser.error_log if "Tag " not in fault.message] == []


def test_a_rule_says_what_a_sender_needs(page: etree._Element) -> None:
    (rule,) = page.xpath("//article[@id='ACT-06']")
    said = " ".join(" ".join(rule.itertext()).split())
    assert said.startswith("ACT-06 rejette la case « dont femmes » ( 35 ) dépasse « Participants » ( 30 ) : une partie")
    assert "Attendu au plus 30 Cases" in said
    assert "Qui corrige la cité" in said
    assert "depuis le T1 2022" in said
    assert "champ-2024-actions-participants_jeunes" in " ".join(rule.xpath(".//@href"))


def test_a_threshold_is_said(page: etree._Element) -> None:
    (rule,) = page.xpath("//article[@id='GOU-01']")
    assert "etp plausible : 20" in rule.text_content()


@pytest.mark.parametrize(
    ("field", "codes"),
    [
        ("champ-2024-actions-participants_femmes", ["ACT-06"]),
        ("champ-2024-actions-participants", ["ACT-06"]),
        ("champ-2024-actions-qpv_concernes", ["ELT-01", "ELT-05", "ELT-06", "ELT-07"]),
        # A rule on a flow looks at no cumul, and the other way round.
        ("champ-2022-beneficiaires-accompagnes", ["BEN-01", "BEN-02", "BEN-04", "BEN-06"]),
        ("champ-2024-beneficiaires-accompagnes_f", ["BEN-01", "BEN-03", "BEN-07"]),
        ("champ-2024-gouvernance-etp", ["GOU-01"]),
        ("champ-2024-gouvernance-diagnostic_le", []),
        ("champ-liste-pactes_liste-territoire", ["PAC-01"]),
    ],
)
def test_a_field_leads_to_the_rules_that_look_at_it(page: etree._Element, field: str, codes: list[str]) -> None:
    (row,) = page.xpath(f"//tr[@id='{field}']")
    assert [link[1:] for link in row.xpath("./td[last()]//@href")] == codes


def test_a_field_gives_its_answers(page: etree._Element) -> None:
    (row,) = page.xpath("//tr[@id='champ-2024-actions-axe']")
    (anchor,) = [link[1:] for link in row.xpath("./td[1]//@href")]
    (answers,) = page.xpath(f"//dt[@id='{anchor}']/following-sibling::dd[1]")
    assert "1 - Recenser et fédérer · 2 - Aller-vers et raccrocher" in answers.text_content()


def test_examples_are_those_of_rules_and_of_their_placeholders(suites: Suites) -> None:
    quoted = {rule.code: placeholders(rule.message) | placeholders(rule.attendu or "") for rule in suites.rules()}
    # « champ » and « cite » may stand in for what the rule itself says of its fields.
    assert {code: set(given) - quoted.get(code, set()) for code, given in words().exemples.items()} == {
        code: set() for code in words().exemples
    }


def test_no_placeholder_of_a_rule_is_left_bare(page: etree._Element) -> None:
    assert [rule.get("id") for rule in page.xpath("//article") if re.search(r"[{}]", rule.text_content())] == []


def with_rules(tmp_path: Path, added: str) -> Settings:
    """The project, with a rule more on actions."""
    for name in ("expectations", "dbt_project/seeds"):
        shutil.copytree(PROJECT_DIR / name, tmp_path / name)
    with (tmp_path / "expectations" / "ctl_actions.yaml").open("a") as file:
        file.write(added)
    return Settings(project_dir=tmp_path)


RULE = """
  - code: ACT-99
    severite: suspicion
    champ: cofinanceurs
    expectation:
      type: expect_column_values_to_not_be_null
      kwargs: {column: cofinanceurs}
    message: "Un <b>&amp; \\"cofinanceur\\"</b> {valeur_inconnue_ici} <script>alert(1)</script>"
    qui_corrige: territoire
    public: territoire
    raison: "Règle fictive : <img src=x onerror=alert(1)> 1 < 2 & 3"
    origine: essai
    depuis: 2024-T1
"""


def test_a_rule_that_is_added_shows_up_and_nothing_it_says_becomes_a_tag(tmp_path: Path) -> None:
    out = html.fromstring(write_dictionary(with_rules(tmp_path, RULE), tmp_path / "out", DAY).read_text("utf-8"))
    (rule,) = out.xpath("//article[@id='ACT-99']")
    assert '<b>&amp; "cofinanceur"</b>' in rule.text_content()
    assert rule.xpath(".//var/text()") == ["valeur inconnue ici"]
    assert out.xpath("//script | //img | //b") == []
    # It starts in 2024: the form of 2022 does not lead to it.
    by_form = {
        year: out.xpath(f"//tr[@id='champ-{year}-actions-cofinanceurs']/td[last()]//@href") for year in (2022, 2024)
    }
    assert by_form == {2022: ["#ELT-04"], 2024: ["#ACT-99", "#ELT-04"]}


def test_the_command_writes_the_page(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["dictionary", "--out", str(tmp_path / "d")])
    assert result.exit_code == 0, result.output
    assert "ACT-06" in (tmp_path / "d" / "index.html").read_text("utf-8")


def test_the_command_serves_the_page_and_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_server: ThreadingHTTPServer) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", interrupted)
    result = CliRunner().invoke(app, ["dictionary", "--out", str(tmp_path), "--serve"])
    assert result.exit_code == 0, result.output
    assert re.search(r"http://127\.0\.0\.1:\d+/", result.output)


def test_pages_are_served_to_this_machine_only(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("page", "utf-8")
    with local_server.server(tmp_path, 0) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        assert server.server_address[0] == "127.0.0.1"
        assert urlopen(f"http://127.0.0.1:{server.server_port}/").read() == b"page"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "file:///tmp/d", "https://d.test/#ancre", "https://d.test/ x"]
)
def test_what_is_no_address_of_a_page_is_refused(address: str) -> None:
    with pytest.raises(ValidationError, match="dictionary_url"):
        Settings(dictionary_url=address)
