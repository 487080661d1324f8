# One image for every service of docker-compose.yml: the locked environment, the project, an account without rights.
FROM python:3.12-slim-bookworm

RUN useradd --uid 50000 --create-home entrepot \
    && install --directory --owner entrepot --group entrepot /opt/airflow /var/lib/entrepot /var/lib/entrepot/depot

WORKDIR /opt/entrepot

# The packages change less often than the project: a layer of their own.
COPY requirements.lock ./
RUN pip install --no-cache-dir uv==0.13.9 \
    && uv venv /opt/venv \
    && uv pip sync --no-cache --python /opt/venv/bin/python --require-hashes --compile-bytecode requirements.lock

COPY . .
RUN uv pip install --no-cache --python /opt/venv/bin/python --no-deps --editable .

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/entrepot/dags \
    AIRFLOW__CORE__LOAD_EXAMPLES=false \
    ENTREPOT_STATE_DIR=/var/lib/entrepot

USER entrepot
WORKDIR /var/lib/entrepot
