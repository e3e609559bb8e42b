"""Alembic's entry: run by ``server.kernel.migrate`` with an open connection, never by hand."""

from alembic import context

import server.models  # noqa: F401 -- importing the tables is what fills the metadata
from server.kernel.db import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
