"""Alembic environment: runs the warehouse's migrations on the connection it is handed."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], version_table="alembic_version")
with context.begin_transaction():
    context.run_migrations()
