"""The project as it stands, read by dbt once."""

import pytest

from entrepot.contracts.project import Project, read_project
from entrepot.settings import Settings


@pytest.fixture(scope="session")
def real_project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """What dbt reads of the project, without a database."""
    return read_project(Settings(state_dir=tmp_path_factory.mktemp("project")))
