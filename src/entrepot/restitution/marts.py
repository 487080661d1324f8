"""Read the published marts: one named query of `queries/` gives the rows of one table."""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar

import psycopg
from psycopg.rows import dict_row

from entrepot.errors import EntrepotError
from entrepot.restitution import vocabulary
from entrepot.restitution.figures import report_query
from entrepot.restitution.instant import Instant, set_instant

Row = dict[str, Any]
Result = TypeVar("Result")
ATTEMPTS = 3
QUERY_NAME = re.compile(r"\{(rapport_\w+)\}")

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


def statement_of(query: str) -> str:
    """The text of a query of `queries/`, with those it names written in their place."""
    return QUERY_NAME.sub(lambda name: f"({report_query(name[1])}) as {name[1]}", report_query(query))


class Marts:
    """What is published, seen from one quarter, as known at an instant (the present if None)."""

    def __init__(self, connection: psycopg.Connection[Row], trimestre: str, instant: Instant | None = None) -> None:
        self.connection = connection
        self.instant = instant
        self._parameters = {**ORDERS, "trimestre": trimestre}
        self.release = release_of(connection)
        self.quarter = self._quarter(trimestre)

    def rows(self, query: str) -> list[Row]:
        """Rows of the query `queries/<query>.sql` for the quarter asked for; `{name}` in it is another query."""
        statement = statement_of(query)
        return self.connection.execute(statement.encode(), self._parameters).fetchall()

    @property
    def known_on(self) -> date:
        """Day (Europe/Paris) at which the figures are known: that asked for, else the arrival of the last receipt."""
        known_on: date = self.release["connu_le"]
        return known_on if self.instant is None else self.instant.day

    @property
    def published_at(self) -> datetime:
        """When the release was published."""
        published_at: datetime = self.release["publiee_le"]
        return published_at

    def _quarter(self, trimestre: str) -> Row:
        quarters = [row for row in self.rows("trimestre") if row["ouvert"]]
        if not quarters:
            known = [row["trimestre"] for row in self.rows("trimestres_connus")]
            span = f"between {known[0]} and {known[-1]}" if known else "but no return is published yet"
            raise ReportError(f"No published return for quarter {trimestre!r}: write it like 2023-T4, {span}.")
        return quarters[0]


def release_of(connection: psycopg.Connection[Row]) -> Row:
    """The release now published.

    Raises:
        ReportError: there is none.
    """
    release = connection.execute(report_query("parution").encode()).fetchone()
    if release is None:
        raise ReportError("Nothing is published yet: run `entrepot run` before asking for a report.")
    return release


def read_published(
    connection_url: str, read: Callable[[psycopg.Connection[Row]], Result], instant: Instant | None = None
) -> Result:
    """Call `read` on the published marts as known at an instant, again if a publication happened meanwhile.

    A publication replaces views, which no transaction snapshot hides, and holding locks on all of them could block it:
    so the release is compared before and after instead.

    Raises:
        ReportError: nothing is published, the account cannot read the marts, or publications keep coming.
    """
    try:
        with psycopg.connect(connection_url, autocommit=True, row_factory=dict_row) as connection:
            for _ in range(ATTEMPTS):
                set_instant(connection, instant)
                before = release_of(connection)["parution_id"]
                result = read(connection)
                if release_of(connection)["parution_id"] == before:
                    return result
    except psycopg.OperationalError as error:
        raise ReportError(f"The warehouse cannot be reached: {str(error).strip()}") from error
    except (psycopg.errors.UndefinedTable, psycopg.errors.InsufficientPrivilege) as error:
        raise ReportError(
            f"The published marts cannot be read ({error.diag.message_primary}): publish first with `entrepot run`."
        ) from error
    raise ReportError(f"The marts were published again {ATTEMPTS} times while being read: try again in a moment.")
