"""Reference data for the tests of this folder: the project's own seeds."""

import pytest

from entrepot.forms.reference import Reference
from entrepot.settings import Settings


@pytest.fixture(scope="session")
def reference() -> Reference:
    return Reference.load(Settings().seeds_dir)
