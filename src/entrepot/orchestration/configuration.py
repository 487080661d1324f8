"""Settings as Airflow users give them: a Connection and Variables first, the environment (`ENTREPOT_…`) otherwise."""

from typing import Any

from airflow.sdk import Connection, Variable
from airflow.sdk.exceptions import AirflowNotFoundException
from pydantic import SecretStr

from entrepot.settings import Settings

CONNECTION = "entrepot"
"""Connection to the warehouse (type Postgres), as the account that owns it."""

VARIABLES = {"entrepot_inbox": "inbox", "entrepot_store": "store"}
"""Airflow Variable to the setting it gives: folders or fsspec URLs."""


def airflow_settings() -> Settings:
    """Settings of the warehouse for a running task.

    Raises:
        pydantic.ValidationError: a value cannot be read; the message names the setting.
    """
    given: dict[str, Any] = {}
    try:
        uri = Connection.get(CONNECTION).get_uri()
    except AirflowNotFoundException:
        pass
    else:
        # Airflow writes the type of the connection as the scheme (`postgres://`); the rest is a PostgreSQL URL.
        given["database_url"] = SecretStr("postgresql://" + uri.split("://", 1)[1])
    for variable, setting in VARIABLES.items():
        if value := Variable.get(variable, default=None):
            given[setting] = value
    return Settings(**given)
