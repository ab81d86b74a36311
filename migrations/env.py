"""Alembic's environment; `dupfind/storage/migrate.py` passes the connection and owns the transaction."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"], transactional_ddl=True, render_as_batch=True
)
context.run_migrations()
