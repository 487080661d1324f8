"""Read the published marts: one named query of `queries/` gives the rows of one table."""

from collections.abc import Callable
from datetime import date, datetime
from importlib.resources import files
from typing import Any, TypeVar

import psycopg
from psycopg.rows import dict_row

from entrepot.errors import EntrepotError
from entrepot.restitution import vocabulary

Row = dict[str, Any]
Result = TypeVar("Result")
ATTEMPTS = 3

ORDERS = {
    "axes": list(vocabulary.AXES),
    "indicateurs_axes": list(vocabulary.AXIS_INDICATORS),
    "indicateurs_beneficiaires": list(vocabulary.BENEFICIARY_INDICATORS),
    "questions": list(vocabulary.QUESTIONS),
    "reponses": list(vocabulary.ANSWERS),
    "indicateurs_pactes": list(vocabulary.PACTE_INDICATORS),
    "niveaux_instance": list(vocabulary.BODY_LEVELS),
}


class ReportError(EntrepotError):
    """A report cannot be written from what is published."""


class Marts:
    """The release now published, seen from one quarter."""

    def __init__(self, connection: psycopg.Connection[Row], trimestre: str) -> None:
        self._connection = connection
        self._parameters = {**ORDERS, "trimestre": trimestre}
        self.release = self._release()
        self.quarter = self._quarter(trimestre)

    def rows(self, query: str) -> list[Row]:
        """Rows of the query `queries/<query>.sql`, as known by the release, for the quarter asked for."""
        statement = files(__package__).joinpath("queries", f"{query}.sql").read_text("utf-8")
        return self._connection.execute(statement.encode(), self._parameters).fetchall()

    @property
    def known_on(self) -> date:
        """Arrival of the last receipt counted (Europe/Paris)."""
        known_on: date = self.release["connu_le"]
        return known_on

    @property
    def published_at(self) -> datetime:
        """When the release was published."""
        published_at: datetime = self.release["publiee_le"]
        return published_at

    def still_published(self) -> bool:
        """Whether the release read at the start is still the one readers see."""
        return bool(self._release()["parution_id"] == self.release["parution_id"])

    def _release(self) -> Row:
        releases = self.rows("parution")
        if not releases:
            raise ReportError("Nothing is published yet: run `entrepot run` before asking for a report.")
        return releases[0]

    def _quarter(self, trimestre: str) -> Row:
        quarters = [row for row in self.rows("trimestre") if row["ouvert"]]
        if not quarters:
            known = [row["trimestre"] for row in self.rows("trimestres_connus")]
            span = f"between {known[0]} and {known[-1]}" if known else "but no return is published yet"
            raise ReportError(f"No published return for quarter {trimestre!r}: write it like 2023-T4, {span}.")
        return quarters[0]


def read_one_release(connection_url: str, trimestre: str, read: Callable[[Marts], Result]) -> Result:
    """Call `read` on the published marts, again if a publication happened meanwhile.

    A publication replaces views, which no transaction snapshot hides, and holding locks on all of them could block it:
    so the release is compared before and after instead.

    Raises ReportError when nothing is published, the quarter is unknown, the account cannot read the marts, or
    publications keep coming.
    """
    try:
        with psycopg.connect(connection_url, autocommit=True, row_factory=dict_row) as connection:
            for _ in range(ATTEMPTS):
                marts = Marts(connection, trimestre)
                result = read(marts)
                if marts.still_published():
                    return result
    except psycopg.OperationalError as error:
        raise ReportError(f"The warehouse cannot be reached: {str(error).strip()}") from error
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege) as error:
        raise ReportError(
            f"The published marts cannot be read ({error.diag.message_primary}): publish first with `entrepot run`."
        ) from error
    raise ReportError(f"The marts were published again {ATTEMPTS} times while being read: try again in a moment.")
