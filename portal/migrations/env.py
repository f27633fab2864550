"""Alembic runs this file; the connection comes from `portal.migrations.upgrade`, already in a transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
