"""Airflow for the tests: a home of its own, so that no test reads or writes the one of the person who runs it."""

import os
import tempfile

# Airflow reads these when it is first imported, which is before any fixture runs.
os.environ["AIRFLOW_HOME"] = tempfile.mkdtemp(prefix="entrepot-airflow-")
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
