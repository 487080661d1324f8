"""What the DAGs announce to each other. An announcement wakes a run; the run asks the database what is to be done."""

from airflow.sdk import Asset

RECEPISSES = Asset("recepisses")
"""Returns taken in: one event per quarter touched, the quarter (`2023-T4`) as its partition key."""

LISTES_PACTES = Asset("listes_pactes")
"""A list of labelled pactes was accepted."""
