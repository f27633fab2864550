"""PostgreSQL 15 or newer, through psycopg 3."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import psycopg
from psycopg.pq import Format
from sqlalchemy import Column, Connection, MetaData, Table, create_engine, event, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError

from portal.store.backend import BUSY_SECONDS, ENGINE_OPTIONS
from portal.store.schema import metadata

CONNECT_SECONDS = 10
"""How long a connection may take, seconds."""

QUERY_CANCELED = "57014"
"""SQLSTATE of a statement that took longer than it may."""

# A server may be set to answer a COMMIT before it is on the disk; the portal shows a receipt after it.
SESSION = (
    f"SET lock_timeout = {int(BUSY_SECONDS * 1000)}",
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') IN ('off', 'local')",
)

CHECKPOINT, SWITCH_LOG, RESET_COUNT = "pg_checkpoint", "pg_switch_wal()", "pg_stat_reset_single_table_counters(oid)"
RIGHTS = {
    CHECKPOINT: f"pg_has_role('{CHECKPOINT}', 'USAGE')",
    SWITCH_LOG: f"has_function_privilege('{SWITCH_LOG}', 'EXECUTE')",
    RESET_COUNT: f"has_function_privilege('{RESET_COUNT}', 'EXECUTE')",
}
"""What only some users may do, `tend` does where it may, and how one asks whether."""
RESET_COUNTS = """
WITH mine AS (SELECT name::regclass AS name FROM unnest(CAST(:tables AS text[])) AS name),
whole AS (
    SELECT name FROM mine UNION SELECT reltoastrelid FROM pg_class JOIN mine ON oid = name WHERE reltoastrelid > 0
)
SELECT count(pg_stat_reset_single_table_counters(relation)) FROM (
    SELECT name AS relation FROM whole UNION SELECT indexrelid FROM pg_index JOIN whole ON indrelid = name
) AS relations
"""
"""What the server counts of the tables, of what lies beside them in TOAST, and of the indexes of both."""

SAMPLED = """
SELECT attname, CAST(attstorage AS text) FROM pg_stats JOIN pg_attribute USING (attname)
WHERE schemaname = current_schema() AND tablename = :name AND attrelid = CAST(:name AS regclass)
"""
"""The columns of a table of which ANALYZE has kept values, and how their long values are stored."""


class _BinaryCursor(psycopg.Cursor[Any]):
    """Takes results in binary form: as text, every byte of an item would travel as two."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.format = Format.BINARY


class PostgreSQL:
    """A `portal.store.backend.Backend`."""

    insert: Callable[..., Any] = staticmethod(insert)

    def __init__(self, url: URL) -> None:
        self.engine = create_engine(
            url,
            connect_args={"connect_timeout": CONNECT_SECONDS, "cursor_factory": _BinaryCursor},
            # A server that was restarted has closed the connections of the pool.
            pool_pre_ping=True,
            **ENGINE_OPTIONS,
        )
        event.listen(self.engine, "connect", _prepare)

    def read(self) -> AbstractContextManager[Connection]:
        return self.engine.connect()

    def write(self) -> AbstractContextManager[Connection]:
        return self.engine.begin()

    def create(self) -> None:
        """The operator makes the database, with its owner."""

    def rewrite(self, seconds: float | None) -> bool:
        deadline = None if seconds is None else time.monotonic() + seconds
        try:
            with self.engine.begin() as connection:
                _rewrite(connection, deadline)
        except DBAPIError as error:
            if getattr(error.orig, "sqlstate", None) == QUERY_CANCELED:
                return False
            raise
        self._settle(deadline)
        # Until then the files of the old tables are still there. Only some users may ask for it; the server does it by
        # itself within its checkpoint_timeout. The log's file that is written just then stays, so a new one is begun.
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            rights = _rights(connection)
            if rights[SWITCH_LOG]:
                connection.execute(text("SELECT pg_switch_wal()"))
            if rights[CHECKPOINT]:
                connection.execute(text("CHECKPOINT"))
        return True

    def _settle(self, deadline: float | None) -> None:
        """Marks all rows as read already, so that nothing shows which of them are read from now on.

        The server notes in a row, and so in the file, that somebody saw it; VACUUM (FREEZE) does so for all of them.
        It also counts what is done to each table; where the portal's user may, these counts begin anew.
        """
        tables = list(metadata.tables)
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            if deadline is not None:
                connection.execute(text(f"SET statement_timeout = {_milliseconds(deadline)}"))
            try:
                connection.execute(text(f"VACUUM (FREEZE) {', '.join(tables)}"))
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) != QUERY_CANCELED:
                    raise
            finally:
                connection.execute(text("RESET statement_timeout"))
            if _rights(connection)[RESET_COUNT]:
                # What this connection has done itself is told to the counter late, and would come after.
                connection.execute(text("SELECT pg_stat_force_next_flush()"))
                connection.execute(text(RESET_COUNTS), {"tables": tables})

    def server_settings(self) -> dict[str, str]:
        with self.engine.connect() as connection:
            rows = connection.execute(text("SELECT name, setting FROM pg_settings"))
            return {str(row.name): str(row.setting) for row in rows}

    def server_rights(self) -> dict[str, bool]:
        with self.engine.connect() as connection:
            return _rights(connection)

    def close(self) -> None:
        self.engine.dispose()


def _prepare(connection: psycopg.Connection[Any], _: object) -> None:
    for statement in SESSION:
        connection.execute(statement)
    connection.commit()


def _rights(connection: Connection) -> dict[str, bool]:
    asked = ", ".join(RIGHTS.values())
    return dict(zip(RIGHTS, map(bool, connection.execute(text(f"SELECT {asked}")).one()), strict=True))


def _rewrite(connection: Connection, deadline: float | None) -> None:
    """Copies all rows away and back in the order of their keys.

    VACUUM FULL and CLUSTER would not do: they keep each row's xmin, the number of the transaction that brought it.
    The tables themselves stay, and with them their owner, rights and names. Readers go on until the TRUNCATE.
    """
    # The order of `metadata`: everything that writes begins with the first of these tables that it needs.
    tables = list(metadata.tables.values())
    names = ", ".join(table.name for table in tables)
    _limit(connection, deadline)
    connection.execute(text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
    copies = []
    for table in tables:
        columns = [Column(column.name, column.type) for column in table.columns]
        copy = Table(f"{table.name}_copy", MetaData(), *columns, prefixes=["TEMPORARY"], postgresql_on_commit="DROP")
        _limit(connection, deadline)
        copy.create(connection)
        connection.execute(copy.insert().from_select(columns, select(table)))
        copies.append(copy)
    _limit(connection, deadline)
    connection.execute(text(f"TRUNCATE {names}"))
    for table in tables:
        _forget_samples(connection, table)
    for table, copy in zip(tables, copies, strict=True):
        keys = [copy.columns[column.name] for column in table.primary_key]
        _limit(connection, deadline)
        connection.execute(table.insert().from_select(copy.columns.keys(), select(copy).order_by(*keys)))


def _forget_samples(connection: Connection, table: Table) -> None:
    """Keeps ANALYZE, which the server runs by itself, from putting values of rows into its catalogue.

    They would stay there when the rows are long gone: whoever has a receipt could see that its thread had answers.
    To give an empty table's columns the type that they have removes what was put there before.
    """
    rows = connection.execute(text(SAMPLED), {"name": table.name})
    sampled = {str(row.attname): str(row.attstorage) for row in rows}
    for column in table.columns:
        alter = f"ALTER TABLE {table.name} ALTER COLUMN {column.name}"
        connection.execute(text(f"{alter} SET STATISTICS 0"))
        if column.name in sampled:
            connection.execute(text(f"{alter} TYPE {column.type.compile(connection.dialect)}"))
            if sampled[column.name] == "e":
                connection.execute(text(f"{alter} SET STORAGE EXTERNAL"))


def _limit(connection: Connection, deadline: float | None) -> None:
    """Gives the next statements of this transaction, each, the time that is left."""
    if deadline is not None:
        connection.execute(select(func.set_config("statement_timeout", str(_milliseconds(deadline)), True)))


def _milliseconds(deadline: float) -> int:
    """The time that is left, at least 1."""
    return max(1, int((deadline - time.monotonic()) * 1000))
