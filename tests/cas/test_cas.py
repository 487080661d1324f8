"""Each case of what real senders do, from the bytes to the findings, on a real server."""

from collections.abc import Iterator

import pytest

from entrepot.warehouse.postgres import Server
from tests.conftest import new_warehouse

from .model import Case, all_cases
from .send import Came, expected, files_of, send

CASES = list(all_cases())


@pytest.fixture(scope="module")
def came(template: str, server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Came]]:
    """What came of every file of every case, sent in one run."""
    folder = tmp_path_factory.mktemp("cas")
    with new_warehouse(server, folder / "state", template=template) as warehouse:
        yield send(warehouse, folder)


@pytest.mark.parametrize("case", CASES, ids=[case.nom for case in CASES])
def test_a_case(came: dict[str, Came], case: Case) -> None:
    for writer in case.ecrivains:
        for sent in files_of(case.nom, writer):
            assert came[sent.name] == expected(sent), sent.name
