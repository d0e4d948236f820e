"""Alembic's entry: runs the migrations on the connection that `schema.upgrade` passes in."""

from alembic import context

from xihu_catalog.schema import METADATA

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=METADATA,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
