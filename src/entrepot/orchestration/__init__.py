"""The only room, with `dags/`, that knows Airflow: task wrappers, and the Airflow of `make up` and `make demo`."""
