"""Every setting of the warehouse, typed, read from the environment (`ENTREPOT_…`), documented here and only here."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_DIR = Path(__file__).resolve().parents[2]


class Settings(BaseSettings):
    """Settings of one installation; each field is read from the variable `ENTREPOT_<FIELD>`."""

    model_config = SettingsConfigDict(env_prefix="ENTREPOT_", extra="ignore")

    project_dir: Path = Field(PROJECT_DIR, description="Checkout that holds dbt_project/, expectations/ and dags/.")
    state_dir: Path = Field(
        PROJECT_DIR / ".state",
        description="Where everything that is not code lives: embedded database, bytes received, inbox, Airflow, logs.",
    )
    database_url: SecretStr | None = Field(
        None,
        description="postgresql://user:password@host:port/name of a real PostgreSQL 15+; empty: the embedded one.",
    )
    reader_url: SecretStr | None = Field(
        None, description="URL of the read-only account, printed by `entrepot url` when a real PostgreSQL is used."
    )
    replay_url: SecretStr | None = Field(
        None,
        description="URL of an empty database for `entrepot replay`, where the warehouse's account may not create one.",
    )
    store: str = Field("", description="Where received bytes are kept: a folder or an fsspec URL (s3://bucket/prefix).")
    inbox: str = Field("", description="Drop folder that the `reception` DAG empties: a folder or an fsspec URL.")
    inbox_quiet_seconds: Annotated[float, Field(ge=0)] = Field(
        2.0, description="A file of the inbox is left alone until it has not changed for this long."
    )

    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="Mail server: smtp://user:password@host:587 (STARTTLS is required) or smtps://user:password@host:465;"
        " what the account holds beyond letters and digits is percent-encoded. Empty: nothing is mailed.",
    )
    smtp_ca_file: str = Field(
        "", description="PEM file of the authority that signed the mail server's certificate; empty: the system's."
    )
    mail_from: str = Field("", description="Sender of the mail: `address`, or `Name <address>`.")
    mail_reply_to: str = Field("", description="Where answers to the mail go; empty: nobody is told to answer.")
    mail_fictitious: bool = Field(
        False, description="Mail the addresses of sample data (.invalid) too: for a mail server that delivers nowhere."
    )
    dictionary_url: Annotated[str, Field(pattern=r"^(https?://[^\s#<>\"]+)?$")] = Field(
        "",
        description="Address at which the page of `entrepot dictionary` is read; marked copies, and answers to"
        " files then lead to it. Empty: no link.",
    )
    contacts: str = Field(
        "",
        description="CSV file `territoire_id;courriel;copies` of whom to write to: territories, names of regions,"
        " `national` and `entrepot` (who keeps the warehouse); copies are separated by commas. Empty: the addresses"
        " typed in the returns.",
    )

    webhook_url: SecretStr = Field(
        SecretStr(""),
        description="Address (https) that is posted what changes of the rules' states, as JSON; empty: none.",
    )
    webhook_secret: SecretStr = Field(
        SecretStr(""), description="Secret that signs what is posted to the webhook (HMAC-SHA256)."
    )

    @field_validator("state_dir", "project_dir")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @property
    def store_url(self) -> str:
        """Where received bytes are kept."""
        return self.store or str(self.state_dir / "octets")

    @property
    def inbox_url(self) -> str:
        """Where files are dropped for the warehouse."""
        return self.inbox or str(self.state_dir / "depot")

    @property
    def dbt_dir(self) -> Path:
        """The dbt project."""
        return self.project_dir / "dbt_project"

    @property
    def seeds_dir(self) -> Path:
        """Reference data, as CSV files that dbt loads and the reader uses."""
        return self.dbt_dir / "seeds"

    @property
    def expectations_dir(self) -> Path:
        """Suites of rules, one file per guarded table."""
        return self.project_dir / "expectations"
