"""The dbt docs: one page that names every mart, and says nothing of the machine it was built on."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from entrepot.contracts import site
from entrepot.contracts.project import Project
from entrepot.settings import PROJECT_DIR


@pytest.fixture(scope="module")
def page(real_project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return site.build(real_project, tmp_path_factory.mktemp("site") / "docs")


def documents(page: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The manifest and the catalogue that the page shows, as its own script would read them."""
    text = page.read_text("utf-8")
    start = text.index("manifest:{") + len("manifest:")
    decoder = json.JSONDecoder()
    manifest, end = decoder.raw_decode(text, start)
    catalog, _ = decoder.raw_decode(text, text.index("catalog:{", end) + len("catalog:"))
    return manifest, catalog


def test_every_mart_is_there_as_readers_find_it(page: Path, real_project: Project) -> None:
    manifest, catalog = documents(page)
    shown = {
        node["relation_name"]: (identifier, node)
        for identifier, node in manifest["nodes"].items()
        if node["path"].startswith("marts/")
    }
    assert {f"marts.{name}" for name in real_project.marts} <= shown.keys()
    for name, mart in real_project.marts.items():
        identifier, node = shown[f"marts.{name}"]
        columns = catalog["nodes"][identifier]["columns"]
        assert {column: told["type"] for column, told in columns.items()} == {
            column: kind.removesuffix(" not null") for column, kind in mart.columns.items()
        }
        assert node["description"] and all(told["comment"] for told in columns.values())
    assert catalog["nodes"]["seed.entrepot.ref_territoires"]["columns"]["nb_communes"]["type"] == "integer"
    assert manifest["exposures"].keys() == real_project.manifest["exposures"].keys()
    assert "cités de l'emploi" in manifest["docs"]["doc.entrepot.__overview__"]["block_contents"]


def test_nothing_of_the_machine_is_in_it(page: Path, real_project: Project) -> None:
    text = page.read_text("utf-8")
    assert str(PROJECT_DIR) in json.dumps(real_project.manifest)  # else this would prove nothing
    for secret in (str(PROJECT_DIR), str(Path.home()), str(page.parents[2]), "ENTREPOT_DBT_PASSWORD"):
        assert secret not in text
    manifest, _ = documents(page)
    assert not {"user_id", "invocation_id", "env"} & manifest["metadata"].keys()


def test_it_needs_no_other_file(page: Path) -> None:
    # Scripts and styles are in the page; what is loaded from elsewhere would not be there on a closed network.
    loaded = re.findall(r"<(?:script|link|img)\b[^>]*\b(?:src|href)=[\"']?(https?:[^\"'> ]+)", page.read_text("utf-8"))
    assert loaded == []


def test_a_description_that_closes_a_script_does_not_end_the_page(real_project: Project, tmp_path: Path) -> None:
    manifest = json.loads(json.dumps(real_project.manifest))
    manifest["nodes"]["model.entrepot.dim_frein"]["description"] = "Freins </script><script>alert(1)</script>"
    page = site.build(Project(manifest), tmp_path)
    assert "</script><script>alert" not in page.read_text("utf-8")
    shown, _ = documents(page)
    assert shown["nodes"]["model.entrepot.dim_frein"]["description"].startswith("Freins </script>")


def test_a_page_of_dbt_that_we_do_not_know_is_refused(
    real_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.html"
    other.write_text("<html></html>", "utf-8")
    monkeypatch.setattr(site, "DOCS_INDEX_FILE_PATH", str(other))
    with pytest.raises(site.SiteError, match=r"adapt site\.py"):
        site.build(real_project, tmp_path / "out")
