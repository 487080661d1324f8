"""The dbt docs of the project as one page that needs nothing else: no server, no database, nothing of the machine.

It is dbt's own page, with what dbt read of the project written in. What `dbt docs generate --static` writes holds the
folders of the machine, and needs a database to say the types of columns; here they are those that are declared.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dbt.task.docs import DOCS_INDEX_FILE_PATH

from entrepot.contracts.project import Project, is_mart
from entrepot.errors import EntrepotError

# What stands in dbt's page for the two documents it shows.
MANIFEST, CATALOG = '"MANIFEST.JSON INLINE DATA"', '"CATALOG.JSON INLINE DATA"'
# Of a run and of a machine, not of the project.
OF_THE_RUN = ("invocation_id", "invocation_started_at", "run_started_at", "user_id", "env")


class SiteError(EntrepotError):
    """The documentation cannot be built."""


def build(project: Project, out: Path) -> Path:
    """Write the page, and return it.

    Args:
        project: what dbt read.
        out: folder of the page, made if missing.

    Raises:
        SiteError: dbt's page is not the one we know how to fill in.
    """
    page = Path(DOCS_INDEX_FILE_PATH).read_text("utf-8")
    manifest = _manifest(project)
    for place, document in ((MANIFEST, manifest), (CATALOG, _catalog(manifest))):
        if place not in page:
            raise SiteError(f"The page of this version of dbt has no {place}: adapt {Path(__file__).name} to it.")
        # A text that closes a script would end the page's own.
        page = page.replace(place, json.dumps(document, ensure_ascii=False).replace("</", "<\\/"))
    out.mkdir(parents=True, exist_ok=True)
    written = out / "index.html"
    written.write_text(page, "utf-8")
    return written


def _manifest(project: Project) -> dict[str, Any]:
    """What dbt read, without the machine; marts are where readers find them."""
    manifest: dict[str, Any] = json.loads(json.dumps(project.manifest))
    for name in OF_THE_RUN:
        manifest["metadata"].pop(name, None)
    for node in manifest["nodes"].values():
        if "root_path" in node:
            node["root_path"] = None
        if is_mart(node):
            node |= {"schema": "marts", "relation_name": f"marts.{node['alias']}"}
    return manifest


def _catalog(manifest: dict[str, Any]) -> dict[str, Any]:
    """The types of the columns, as declared, in the shape in which dbt would have asked the database for them."""
    return {
        "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/catalog/v1.json"},
        "nodes": dict(_described(manifest["nodes"])),
        "sources": dict(_described(manifest["sources"])),
        "errors": None,
    }


def _described(nodes: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for identifier, node in nodes.items():
        if node["resource_type"] in ("model", "seed", "source"):
            types = node["config"].get("column_types") or {}
            columns = {
                name: {
                    "name": name,
                    "index": index,
                    "type": column["data_type"] or types.get(name, ""),
                    "comment": column["description"],
                }
                for index, (name, column) in enumerate(node["columns"].items(), start=1)
            }
            where = {"database": node["database"], "schema": node["schema"], "name": node.get("alias", node["name"])}
            told = {"type": node["config"].get("materialized", "table"), "comment": node["description"], "owner": None}
            yield identifier, {"unique_id": identifier, "metadata": where | told, "columns": columns, "stats": {}}
