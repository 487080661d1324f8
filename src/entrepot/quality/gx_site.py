"""The pages of Great Expectations, built from what is documented: no network, no script, nothing of the machine."""

import html
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from shutil import rmtree
from typing import TYPE_CHECKING, Any

import great_expectations as gx
from great_expectations.core import (
    ExpectationSuite,
    ExpectationSuiteValidationResult,
    ExpectationValidationResult,
    RunIdentifier,
)
from great_expectations.data_context.types.base import DataContextConfig
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.render.view.view import DefaultJinjaPageView
from jinja2 import ChoiceLoader, PackageLoader
from pydantic import TypeAdapter

from entrepot.quality.errors import CheckError
from entrepot.quality.gx import configuration, project
from entrepot.yamldata import load_yaml

if TYPE_CHECKING:
    from entrepot.quality.site import Documented, Recorded, SuitePage

SITE = "entrepot"


class PageView(DefaultJinjaPageView):
    """A page, by our templates before those of Great Expectations, which load scripts and styles from elsewhere."""

    def __init__(self, **directories: Any) -> None:
        """Take what Great Expectations gives its views."""
        super().__init__(**directories)
        theirs = self.env.loader
        assert theirs is not None
        self.env.loader = ChoiceLoader([PackageLoader("entrepot.quality", "data_docs"), theirs])

    def render(self, document: Any, template: Any = None, **more: Any) -> str:
        """The page of a document, with the words that Great Expectations writes in it said in French."""
        page: str = super().render(document, template, **more)  # type: ignore[no-untyped-call]
        words = _french()
        return _TEXT.sub(lambda text: f">{text[1]}{words.get(text[2], text[2])}{text[3]}<", page)


# What stands between two tags, without the spaces around it.
_TEXT = re.compile(r">(\s*)([^<>]*[^<>\s])(\s*)<")


@cache
def _french() -> dict[str, str]:
    """Texts of the pages of Great Expectations, and what stands instead: whole texts only, never a part of ours."""
    return load_yaml(Path(__file__).parent / "data_docs" / "french.yaml", TypeAdapter(dict[str, str]), CheckError)


def build(pages: "Sequence[SuitePage]", recorded: "Recorded | None", out: Path) -> Path:
    """Write the site, and return its first page.

    Args:
        pages: the suites.
        recorded: what the published release recorded; none before the first.
        out: folder of the site; pages of an earlier one go.

    Raises:
        CheckError: a page could not be made; Great Expectations only logs it.
    """
    for section in ("expectations", "validations"):
        rmtree(out / section, ignore_errors=True)
    context = gx.get_context(mode="ephemeral", project_config=_project(out))
    for page in pages:
        context.suites.add(_suite(page))
        if recorded and (result := _results(page, recorded)):
            context.validation_results_store.set(_identifier(page, recorded), result)
    context.build_data_docs(site_names=[SITE])
    rmtree(out / "static", ignore_errors=True)  # fonts and pictures of their templates
    for page in pages:
        if not (out / "expectations" / f"{page.table}.html").is_file():
            raise CheckError(f"The page of {page.table} could not be made.")
    return out / "index.html"


def _project(out: Path) -> DataContextConfig:
    view = {"module_name": __name__, "class_name": "PageView"}
    return project(
        data_docs_sites={
            SITE: {
                "class_name": "SiteBuilder",
                "show_how_to_buttons": False,
                "store_backend": {
                    "class_name": "TupleFilesystemStoreBackend",
                    "base_directory": str(out.absolute()),
                },
                "site_index_builder": {
                    "class_name": "DefaultSiteIndexBuilder",
                    "view": view,
                },
                "site_section_builders": {
                    "expectations": {"view": view},
                    "validations": {"view": view},
                    "profiling": "None",
                },
            }
        },
    )


def _suite(page: "SuitePage") -> ExpectationSuite:
    return ExpectationSuite(name=page.table, expectations=[_configuration(one) for one in page.checks])


def _configuration(documented: "Documented") -> ExpectationConfiguration:
    """A check with our words, which Great Expectations puts in its pages as they are: they are escaped here."""
    asked = configuration(documented.check)
    return ExpectationConfiguration(
        type=asked.type,
        kwargs=asked.kwargs,
        meta=asked.meta,
        description=html.escape(documented.sentence),
        notes=[html.escape(note) for note in documented.notes],
    )


def _results(page: "SuitePage", recorded: "Recorded") -> ExpectationSuiteValidationResult | None:
    """What the checks of a suite came to; none where nothing was recorded of it."""
    results = [
        ExpectationValidationResult(
            success=one.outcome.passed,
            expectation_config=_configuration(one),
            result={"observed_value": one.outcome.observed},
            exception_info={"raised_exception": False, "exception_message": None, "exception_traceback": None},
        )
        for one in page.checks
        if one.outcome is not None
    ]
    if not results:
        return None
    passed = sum(bool(result.success) for result in results)
    return ExpectationSuiteValidationResult(
        success=passed == len(results),
        results=results,
        suite_name=page.table,
        suite_parameters={},
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(results) - passed,
            "success_percent": 100 * passed / len(results),
        },
        meta={"run_id": _run(recorded), "batch_kwargs": {"data_asset_name": page.table}},
    )


def _identifier(page: "SuitePage", recorded: "Recorded") -> ValidationResultIdentifier:
    return ValidationResultIdentifier(ExpectationSuiteIdentifier(page.table), _run(recorded), page.table)


def _run(recorded: "Recorded") -> RunIdentifier:
    # It names folders too.
    fictitious = "-fictive" if recorded.fictitious else ""
    return RunIdentifier(run_name=f"parution-{recorded.release}{fictitious}", run_time=recorded.published_at)
