"""What is done when a run misses its deadline: Airflow marks the run, and calls these in its executor.

An Airflow deadline watches a run. When returns are due is data of the warehouse (`ref_trimestres`), not a deadline.
"""

import logging
from typing import Any

log = logging.getLogger(__name__)


def relances_en_retard(context: dict[str, Any]) -> None:
    """Say which run of `relances` is late. No mail: the mail server is the likeliest cause."""
    log.error(
        "The reminders of run %s were not mailed by %s: see the log of its task `relancer`, and `entrepot mail list`.",
        context["dag_run"]["dag_run_id"],
        context["deadline"]["deadline_time"],
    )
