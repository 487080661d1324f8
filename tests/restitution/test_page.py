"""The page says what the marts say, by itself, to everyone."""

import itertools
import re

from .conftest import Report

FETCHING = {"src", "srcset", "data", "action", "poster", "background"}


def spaced(text: str) -> str:
    """A text with every kind of space as a plain one."""
    return " ".join(text.split())


def test_says_quarter_release_and_that_data_are_fictitious(report: Report) -> None:
    (header,) = report.page.root.all("header")
    # The last receipt arrived on the 19th at 23:30 UTC: the 20th in Paris.
    assert "Données connues au 20/06/2024 (parution n° 7), comprenant le T1 2024" in header.text
    assert "Données fictives." in header.text


def test_key_figures_have_nature_and_denominator(report: Report) -> None:
    key_figures = report.page.by_id("chiffres-cles")
    assert [title.text for title in key_figures.all("h3")] == [
        "Flux du T1 2024",
        "Cumul depuis le 01/01/2022",
        "Stock à la date",
    ]
    cards = [tuple(part.text for part in card.all("p")) for card in key_figures.all("li")]
    assert cards == [
        ("1 201", "Axe 1 – actions de coordination", "2 répondants sur 3"),
        ("1 202", "Axe 2 – actions ou événements", "2 répondants sur 3"),
        ("1 203", "Axe 3 – actions sur des freins", "2 répondants sur 3"),
        ("2 201", "Bénéficiaires identifiés", "2 répondants sur 3"),
        ("2 202", "Bénéficiaires touchés par une action sur un frein", "2 répondants sur 3"),
        ("5 201", "Axe 1 – actions de coordination", "2 répondants sur 3 au T1 2024"),
        ("5 202", "Axe 2 – actions ou événements", "2 répondants sur 3 au T1 2024"),
        ("5 203", "Axe 3 – actions sur des freins", "2 répondants sur 3 au T1 2024"),
        ("32 302", "Bénéficiaires identifiés", "2 répondants sur 3 ; 1 cumul reporté"),
        ("11 304", "Bénéficiaires touchés par une action sur un frein", "2 répondants sur 3 ; 1 cumul reporté"),
        ("50,0 %", "Cités animatrices du volet emploi du contrat de ville", "1 cité sur 2 réponses exploitables"),
        ("100,0 %", "Cités au niveau de coopération 4 ou 5", "1 cité sur 1 réponses exploitables"),
        ("13,50", "Partenaires associés en moyenne par cité, campagne 2024", "2 répondants sur 3"),
        ("112", "Pactes labellisés", "sur 300 annoncés"),
    ]


def test_coverage_names_who_is_missing_and_who_was_late(report: Report) -> None:
    assert report.page.table("couverture-trimestres") == [
        ["T4 2023", "2 / 3", "0 / 2", "1 / 3", "0 / 3"],
        ["T1 2024", "2 / 3", "1 / 2", "0 / 3", "1 / 3"],
    ]
    assert report.page.table("couverture-absents") == [
        ["La Réunion", "La Réunion", "Non reçu, échéance dépassée", "15/05/2024"]
    ]
    assert report.page.table("couverture-hors-delai") == [
        ["CU Angers Loire Métropole", "Pays de la Loire", "15/05/2024", "27/05/2024", "12"]
    ]


def test_axes_in_official_order(report: Report) -> None:
    assert report.page.table("axes-national") == [
        ["1. Recenser et fédérer", "Occurrences (réunions, séances, événements)", "1 201", "601", "5 201", "2 / 3"],
        [
            "2. Aller-vers et raccrocher",
            "Occurrences (réunions, séances, événements)",
            "1 202",
            "602",
            "5 202",
            "2 / 3",
        ],
        ["Participations", "< 5", "612", "5 212", "2 / 3"],
        ["3. Innover", "Actions visant un frein à l’emploi", "1 203", "603", "5 203", "2 / 3"],
        ["Crédits Cité engagés", "n.d.a", "0", "98 765 €", "2 / 3"],
    ]


def test_regions_in_alphabetical_order(report: Report) -> None:
    rows = report.page.table("axes-regions")
    assert [row[0] for row in rows] == ["Île-de-France", "La Réunion", "Pays de la Loire"]
    assert rows[0][1:3] == ["500", "2 500"]


def test_beneficiaries(report: Report) -> None:
    assert report.page.table("beneficiaires-etapes") == [
        ["Identifiés", "2 201", "32 302", "2 / 3", "1 / 3", "1 / 3", "0 / 2"],
        ["Touchés par une action sur un frein", "2 202", "11 304", "2 / 3", "1 / 3", "1 / 3", "0 / 2"],
        ["Création d’activité", "0", "< 5", "2 / 3", "1 / 3", "1 / 3", "0 / 2"],
    ]
    assert report.page.table("beneficiaires-publics") == [
        ["Ensemble", "2 201", "32 302", "2 202", "11 304", "2 / 3"],
        ["Jeunes 16-25 ans", "2 301", "12 301", "n.d.a", "n.d.b", "2 / 3"],
        ["RQTH", "< 5", "41", "< 5", "< 5", "2 / 3"],
    ]
    assert "elles ne s’additionnent jamais" in report.page.by_id("beneficiaires").text


def test_governance(report: Report) -> None:
    assert report.page.table("gouvernance-reponses") == [
        ["Animateur du volet emploi du contrat de ville", "Oui", "1 / 2", "50,0 %", "2 / 3"],
        ["Non", "1 / 2", "50,0 %", "2 / 3"],
        ["Niveau de coopération atteint (1 à 5)", "4", "1 / 1", "100,0 %", "2 / 3"],
    ]
    assert report.page.table("gouvernance-moyennes") == [
        ["Niveau de coopération atteint (1 à 5)", "4,00", "1 / 3"],
        ["ETP d’ingénierie dédiés", "1,25", "2 / 3"],
    ]
    assert report.page.table("gouvernance-instances") == [["Suivi", "2", "2 / 2", "1 / 1", "100,0 %", "2", "1 / 2"]]


def test_partnerships_speak_of_the_last_campaign(report: Report) -> None:
    assert report.page.table("partenariats-campagnes") == [["2024", "T4 2023", "13,50", "27", "2 / 3"]]
    assert report.page.table("partenariats-evolution") == [
        ["=1+1", "1 / 2", "2,50", "3,00", "+0,50", "0,0 %", "100,0 %"],
        ["<script>CCAS</script>", "n.d.a", "n.d.a", "n.d.a", "n.d.a", "n.d.a", "n.d.a"],
    ]
    assert report.page.table("partenariats-partenaires") == [
        ["=1+1", "2 / 2", "100,0 %", "1 / 2", "1 / 2", "50,0 %", "3,25"],
        ["<script>CCAS</script>", "1 / 2", "50,0 %", "0 / 2", "0 / 0", "n.d.a", "n.d.a"],
    ]


def test_pactes(report: Report) -> None:
    assert report.page.table("pactes-objectifs") == [
        ["Pactes labellisés", "112 / 300", "37,3 %", "300"],
        ["QPV couverts", "n.d.a", "n.d.a", "n.d.b"],
    ]


def test_series_break_where_flows_stop_being_derived(report: Report) -> None:
    assert report.page.table("series-beneficiaires") == [
        ["T4 2023", "Déduit", "2 101", "30 101", "−12", "9 102", "2 / 3", "1 / 3", "1 / 3", "1 / 2"],
        ["T1 2024", "Déclaré", "2 201", "32 302", "2 202", "11 304", "2 / 3", "1 / 3", "1 / 3", "0 / 2"],
    ]
    figure = report.page.by_id("series").all("svg")[0]
    assert [text.text for text in figure.all("text")].count("rupture de série") == 2


def test_published_figures_are_controlled(report: Report) -> None:
    rows = report.page.table("controle-chiffres-publies")
    assert rows == [
        ["Bénéficiaires identifiés", "personnes", "35 000", "35 214", "35 000", "Oui", "81", "2022-T4", "30/06/2023"],
        ["Bon niveau de coopération", "%", "67", "63,20", "63", "Non", "79", "2023-T4", "26/03/2024"],
    ]
    assert report.page.table("sources-chiffres-publies")[0] == [
        *["Bénéficiaires identifiés", "2023 (page sans date)", "Cumul national", "exemple.invalid"]
    ]
    assert "Chiffres concordants : 1 sur 2 comparables." in report.page.by_id("chiffres-publies").text


def test_nothing_of_one_territory_but_its_return(report: Report) -> None:
    html = report.files.html.read_text("utf-8")
    for territory_figure in ("777 777", "777777", "999 999", "999999", "999998"):
        assert territory_figure not in spaced(html)


def test_every_missing_value_says_why(report: Report) -> None:
    html = report.files.html.read_text("utf-8")
    assert "None" not in html and "nan" not in re.findall(r"\w+", html.lower())
    for marked in report.page.root.all("span"):
        assert marked.text == "n.d." or "data-chiffre" in marked.attributes
    for line in report.page.root.all("td", "th"):
        for letter in line.all("sup"):
            assert re.fullmatch("[a-z]", letter.text)
    notes = [note.text for note in report.page.root.all("p") if note.attributes.get("class") == "note"]
    assert "a n.d. : aucun retour du trimestre ne la donne." in notes


def test_each_figure_opens_its_sources(report: Report) -> None:
    meetings = "bilan_axes/2024-T1/france/FR/recenser_federer/occurrences/valeur_trimestre"
    openers = [button for button in report.page.root.all("button") if button.attributes.get("data-chiffre") == meetings]
    assert {spaced(button.text) for button in openers} == {"1 201"}
    panel = report.page.by_id(openers[0].attributes["popovertarget"])
    assert "popover" in panel.attributes
    assert [line.text for line in panel.all("li")] == [
        "cde-001 : 700 — <b>T1</b>.xlsx, Actions J7",
        "cde-002 : 501 — cde-002.ods, Actions J7:J8",
    ]
    (command,) = panel.all("code")
    assert command.text == f"entrepot trace {meetings} --as-of 2024-06-20T16:12:00+02:00"
    files = [[cell.text for cell in line.all("th", "td")] for line in report.page.by_id("classeurs").all("tr")]
    assert ["cde-002", "2024-T1", "cde-002.ods", "5"] in files


def test_each_number_of_a_table_says_which_figure_it_is(report: Report) -> None:
    tables = [table for table in report.page.root.all("table") if table.attributes["id"] != "classeurs"]
    numbers = [cell for table in tables for cell in table.all("td") if cell.attributes.get("class") == "nombre"]
    assert len(numbers) > 100
    for number in numbers:
        said = [one for one in number.walk() if "data-chiffre" in one.attributes]
        assert said or number.text.startswith("n.d."), number.text


def test_counts_of_people_are_not_given_by_territory(report: Report) -> None:
    (opener, *_) = [
        button
        for button in report.page.root.all("button")
        if button.attributes.get("data-chiffre") == "bilan_beneficiaires/2024-T1/france/FR/ensemble/T/identifies/flux"
    ]
    panel = report.page.by_id(opener.attributes["popovertarget"])
    assert [line.text for line in panel.all("li")] == ["cde-001 — Bénéficiaires B5 (T1 2024)"]
    assert "ne sont pas donnés par territoire" in panel.text


def test_is_well_formed(report: Report) -> None:
    assert report.page.unbalanced == []
    ids = [element.attributes["id"] for element in report.page.root.walk() if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    for element in report.page.root.walk():
        for name in ("aria-labelledby", "popovertarget", "href"):
            for target in element.attributes.get(name, "").split():
                if name != "href" or target.startswith("#"):
                    assert target.removeprefix("#") in ids
        for value in element.attributes.values():
            assert set(re.findall(r"url\(#([^)]+)\)", value)) <= set(ids)


def test_loads_nothing_from_elsewhere(report: Report) -> None:
    for element in report.page.root.walk():
        assert element.tag not in {"script", "link", "iframe", "object", "embed", "img"}
        assert not FETCHING & set(element.attributes)
        if "href" in element.attributes and element.tag != "a":
            assert element.attributes["href"].startswith("#")
    (style,) = report.page.root.all("style")
    assert "url(" not in style.text and "@import" not in style.text and "@page" in style.text


def test_is_for_everyone(report: Report) -> None:
    (html,) = report.page.root.all("html")
    assert html.attributes["lang"] == "fr"
    skip_link = report.page.root.all("a")[0]
    assert report.page.by_id(skip_link.attributes["href"].removeprefix("#")).tag == "main"
    levels = [int(heading.tag[1]) for heading in report.page.root.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    for table in report.page.root.all("table"):
        (caption,) = table.all("caption")
        assert caption.text
        assert all(header.attributes.get("scope") for header in table.all("th"))


def test_each_chart_has_a_name_a_description_and_its_table(report: Report) -> None:
    figures = report.page.root.all("figure")
    assert len(figures) == 9
    for figure in figures:
        (drawing,) = figure.all("svg")
        assert drawing.attributes["role"] == "img"
        assert [bool(drawing.all(tag)[0].text) for tag in ("title", "desc")] == [True, True]
    for exhibit in [element for element in report.page.root.all("div") if element.attributes.get("class") == "piece"]:
        if exhibit.all("svg"):
            assert len(exhibit.all("table")) == 1


def test_charts_do_not_draw_what_tables_hide(report: Report) -> None:
    drawn = [text.text for text in report.page.by_id("beneficiaires").all("svg")[0].all("text")]
    assert {"32 302", "41", "n.d.", "< 5"} <= set(drawn)
    assert "2" not in drawn
