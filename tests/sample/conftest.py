"""Samples written once for all tests of this folder."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from entrepot.sample import SampleReport, write_sample
from entrepot.sample.catalogue import Catalogue, load
from entrepot.sample.plan import Plan, draw
from entrepot.settings import Settings

SEED = 7


@dataclass(frozen=True)
class Sample:
    """A written sample and its ledger."""

    report: SampleReport
    truth: dict[str, Any]

    @property
    def folder(self) -> Path:
        return self.report.inbox


def written(folder: Path, territories: int, quarters: int) -> Sample:
    report = write_sample(folder, SEED, territories, quarters)
    return Sample(report, json.loads(report.truth.read_text(encoding="utf-8")))


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load(Settings().seeds_dir)


@pytest.fixture(scope="session")
def full_plan(catalogue: Catalogue) -> Plan:
    return draw(catalogue, SEED, territories=84, quarters=12)


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Six territories over the three years."""
    return written(tmp_path_factory.mktemp("small") / "depot", territories=6, quarters=12)


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """Every territory up to 2023-T4, the last quarter a published figure speaks of."""
    return written(tmp_path_factory.mktemp("published") / "depot", territories=84, quarters=8)
