"""Whether the store is as quick with a million items as with a thousand, on PostgreSQL."""

import time

from psycopg import sql
from sqlalchemy import text

from portal.store import Store
from tests import postgres
from tests.bench import scale
from tests.bench.figures import Figure

ABOUT = f"On PostgreSQL, as an operator runs it: {scale.MEASURED}."
# The server of the tests waits for no disk, and tends to nothing by itself.
_AS_OPERATED = ("fsync", "full_page_writes", "autovacuum")


def measure() -> list[Figure]:
    """All of it on a server of our own."""
    server = postgres.server()
    for setting in _AS_OPERATED:
        server.execute(sql.SQL("ALTER SYSTEM SET {} = 'on'").format(sql.Identifier(setting)))
    server.execute(sql.SQL("SELECT pg_reload_conf()"))
    return scale.figures("PostgreSQL", lambda size: server.new_database(), _analyze, time.perf_counter)


def _analyze(store: Store) -> None:
    """What autovacuum does within a minute: without it the planner does not know that the tables are full."""
    with store._write() as connection:
        connection.execute(text("ANALYZE"))
