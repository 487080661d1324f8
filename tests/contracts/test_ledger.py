"""What readers were told of the marts holds: a change is announced, and takes nothing away without a new version."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from entrepot.contracts import ledger
from entrepot.contracts.ledger import ContractError
from entrepot.contracts.project import Project
from entrepot.settings import Settings

from .manifest import FREINS, mart, project

DAY = date(2026, 12, 1)
WITHOUT_RANG = {name: kind for name, kind in FREINS.items() if name != "rang"}
READ = project(mart(), read=["dim_frein"])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A project whose ledger holds one mart, `dim_frein`, as it is."""
    (tmp_path / "dbt_project").mkdir()
    (tmp_path / "docs").mkdir()
    page = (Settings().project_dir / "docs" / "contrats.md").read_text("utf-8")
    # Readers have been told of nothing yet.
    (tmp_path / "docs" / "contrats.md").write_text("".join(page.partition("| --- | --- | --- |\n")[:2]), "utf-8")
    settings = Settings(project_dir=tmp_path)
    ledger.accept(settings, READ, "", date(2026, 11, 27))
    return settings


def told(settings: Settings) -> list[str]:
    """Changes that readers find, the newest first."""
    page = (settings.project_dir / "docs" / "contrats.md").read_text("utf-8")
    return page.rpartition("| --- |\n")[2].splitlines()


def test_what_did_not_change_is_as_announced(settings: Settings) -> None:
    ledger.check(settings, READ, DAY)
    assert ledger.accept(settings, READ, "", DAY) == []
    assert told(settings) == []


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        (mart(columns=FREINS | {"couleur": "text"}), "colonne `couleur` ajoutée (text)."),
        (mart(columns=FREINS | {"rang": "integer not null"}), "colonne `rang` toujours remplie."),
        (mart(description="Freins."), "description précisée."),
    ],
)
def test_what_breaks_nothing_must_be_announced(settings: Settings, changed: dict[str, Any], text: str) -> None:
    now = project(changed, read=["dim_frein"])
    with pytest.raises(ContractError, match="Announce what is not refused"):
        ledger.check(settings, now, DAY)
    with pytest.raises(ContractError, match="--reason"):
        ledger.accept(settings, now, " ", DAY)

    ledger.accept(settings, now, "Rien à faire\nde votre côté.", DAY)

    assert told(settings) == [f"| 2026-12-01 | `dim_frein` | {text} Rien à faire de votre côté. |"]
    ledger.check(settings, now, DAY)


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        (mart(columns=WITHOUT_RANG), "colonne `rang` retirée"),
        (mart(columns=WITHOUT_RANG | {"ordre": "integer"}), "colonne `rang` retirée"),
        (mart(columns=FREINS | {"rang": "text"}), "colonne `rang` : integer devient text"),
        (mart(columns=FREINS | {"libelle": "text"}), "colonne `libelle` : text not null devient text"),
        (mart(key=("frein", "rang")), "clé (frein) devenue (frein, rang)"),
    ],
    ids=["removed", "renamed", "retyped", "may be empty", "key"],
)
def test_what_takes_away_from_a_mart_that_is_read_needs_a_version(
    settings: Settings, changed: dict[str, Any], text: str
) -> None:
    before = ledger.ledger_path(settings).read_bytes()
    now = project(changed, read=["dim_frein"])
    with pytest.raises(ContractError, match="read by tableau_de_bord: give the mart version 2") as refusal:
        ledger.check(settings, now, DAY)
    assert text in str(refusal.value)
    with pytest.raises(ContractError, match="read by tableau_de_bord"):
        ledger.accept(settings, now, "Voilà.", DAY)
    assert ledger.ledger_path(settings).read_bytes() == before
    assert told(settings) == []


def test_a_mart_that_nobody_declared_reads_may_change_once_announced(settings: Settings) -> None:
    now = project(mart(columns=WITHOUT_RANG))
    ledger.accept(settings, now, "Personne ne la lisait.", DAY)
    assert told(settings) == ["| 2026-12-01 | `dim_frein` | colonne `rang` retirée. Personne ne la lisait. |"]


def in_two_versions(
    retired_on: str | None = "2027-06-01", former: dict[str, str] = FREINS, version: int = 2
) -> Project:
    return project(
        mart(columns=WITHOUT_RANG, version=version, latest=version),
        mart(columns=former, version=1, latest=version, retired_on=retired_on),
        read=[f"dim_frein.v{version}"],
    )


def test_a_new_version_lets_the_former_one_go_after_two_quarters(settings: Settings) -> None:
    ledger.accept(settings, in_two_versions(), "Inutilisée.", DAY)
    assert told(settings) == [
        "| 2026-12-01 | `dim_frein` | version 2 : colonne `rang` retirée. Inutilisée. |",
        "| 2026-12-01 | `dim_frein_v1` | version 1 de `dim_frein`, gardée jusqu'au 2027-06-01. Inutilisée. |",
    ]
    alone = project(mart(columns=WITHOUT_RANG, version=2, latest=2), read=["dim_frein.v2"])
    with pytest.raises(ContractError, match="promised until 2027-06-01"):
        ledger.check(settings, alone, date(2027, 5, 31))
    ledger.accept(settings, alone, "Le délai est passé.", date(2027, 6, 1))
    assert told(settings)[0] == "| 2027-06-01 | `dim_frein_v1` | retiré. Le délai est passé. |"
    ledger.check(settings, alone, date(2027, 6, 2))


@pytest.mark.parametrize(
    ("now", "why"),
    [
        (project(mart(columns=WITHOUT_RANG, version=2, latest=2), read=["dim_frein.v2"]), "must stay beside it"),
        (in_two_versions("2027-05-31"), "must be 2027-06-01 or later"),
        (in_two_versions(None), "must be 2027-06-01 or later"),
        (in_two_versions(former=WITHOUT_RANG), "It is not what dim_frein was"),
        (project(), "Announce it first: a deprecation_date"),
    ],
    ids=["the former is gone", "too soon", "no date", "the former changed", "the mart is gone"],
)
def test_readers_keep_what_they_had(settings: Settings, now: Project, why: str) -> None:
    with pytest.raises(ContractError, match=why):
        ledger.check(settings, now, DAY)


def test_a_promise_is_not_shortened_nor_a_version_taken_back(settings: Settings) -> None:
    ledger.accept(settings, in_two_versions(), "Inutilisée.", DAY)
    with pytest.raises(ContractError, match="2027-07-10 or later"):
        ledger.check(settings, in_two_versions("2027-05-01"), date(2027, 1, 10))
    with pytest.raises(ContractError, match="Versions only go up"):
        ledger.check(settings, project(mart(), read=["dim_frein"]), date(2027, 1, 10))
    ledger.accept(settings, in_two_versions("2027-09-01"), "Vous avez plus de temps.", date(2027, 1, 10))
    assert told(settings)[0].startswith("| 2027-01-10 | `dim_frein_v1` | retrait prévu le 2027-09-01.")


def test_an_announcement_that_readers_no_longer_find_is_missed(settings: Settings) -> None:
    now = project(mart(description="Freins."), read=["dim_frein"])
    ledger.accept(settings, now, "Plus court.", DAY)
    page = settings.project_dir / "docs" / "contrats.md"
    page.write_text(page.read_text("utf-8").replace("| 2026-12-01 |", "| 2026-12-02 |"), "utf-8")
    with pytest.raises(ContractError, match="does not tell of the change of dim_frein on 2026-12-01"):
        ledger.check(settings, now, DAY)


def test_a_ledger_written_by_hand_names_its_fault(settings: Settings) -> None:
    path = ledger.ledger_path(settings)
    path.write_text(path.read_text("utf-8").replace("version: 1", "version: un"), "utf-8")
    with pytest.raises(ContractError, match=r"contrats\.lock, line 4: dim_frein\.version"):
        ledger.check(settings, READ, DAY)
