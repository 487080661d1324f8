"""What a territory declared before a quarter, read from the published marts by the read-only account."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

import psycopg

from entrepot.errors import EntrepotError
from entrepot.settings import Settings
from entrepot.warehouse.engine import embedded_server, reader_url

_CUMULS = """
select distinct on (territoire_id, public, indicateur, sexe)
    territoire_id, public, indicateur, sexe, trimestre, valeur
from marts.fct_beneficiaires
where nature = 'cumul' and valeur is not null and trimestre < %s
order by territoire_id, public, indicateur, sexe, trimestre desc
"""
_CONTRACTS = (
    "select territoire_id, contrats_ville from marts.dim_territoire where est_actuel and contrats_ville <> '{}'"
)

Series = tuple[str, str, str]


class NothingDeclared(EntrepotError):  # noqa: N818 - it says what there is not
    """No earlier declaration can be read; the message says why, and forms are written without them."""


@dataclass(frozen=True)
class Declared:
    """What a territory declared.

    Attributes:
        cumuls: last known cumul of each public, step and sex, and its quarter.
        contrats: codes of contrats de ville of its last return.
    """

    cumuls: Mapping[Series, tuple[str, int]] = field(default_factory=dict)
    contrats: tuple[str, ...] = ()


def declared_before(settings: Settings, trimestre: str) -> Mapping[str, Declared]:
    """What each territory declared before a quarter, as published now.

    Raises:
        NothingDeclared: there is no warehouse here, it does not answer, or nothing is published.
    """
    if settings.database_url is None and not embedded_server(settings).exists():
        raise NothingDeclared("There is no warehouse here yet: forms carry no value of an earlier quarter.")
    try:
        with psycopg.connect(reader_url(settings), application_name="entrepot form") as connection:
            connection.read_only = True
            cumuls = connection.execute(_CUMULS, [trimestre]).fetchall()
            contracts = connection.execute(_CONTRACTS).fetchall()
    except psycopg.OperationalError as error:
        reason = str(error).strip().splitlines()[0]
        raise NothingDeclared(
            f"The warehouse cannot be reached ({reason}): forms carry no value of an earlier quarter."
        ) from None
    # The account may read the schema from the first release on.
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName, psycopg.errors.InsufficientPrivilege):
        raise NothingDeclared("Nothing is published yet: forms carry no value of an earlier quarter.") from None
    by_territory: dict[str, dict[Series, tuple[str, int]]] = defaultdict(dict)
    for territory, public, step, sex, quarter, value in cumuls:
        by_territory[territory][public, step, sex] = quarter, value
    codes = {territory: tuple(found) for territory, found in contracts}
    return {
        territory: Declared(by_territory.get(territory, {}), codes.get(territory, ()))
        for territory in by_territory.keys() | codes.keys()
    }
