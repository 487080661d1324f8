"""The only room, with `dags/`, that knows Airflow: task wrappers, and the local Airflow behind `make up` and `make demo`."""
