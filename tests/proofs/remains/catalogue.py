"""What PostgreSQL knows of the portal's tables beside their rows: its catalogue, and what it counts."""

from typing import Any

import psycopg
from psycopg import sql

from tests.proofs.remains.relations import relations

OF_RELATIONS = {
    "pg_class": "oid",
    "pg_attribute": "attrelid",
    "pg_index": "indexrelid",
    "pg_constraint": "conrelid",
    "pg_statistic": "starelid",
    "pg_stat_all_tables": "relid",
    "pg_statio_all_tables": "relid",
    "pg_stat_all_indexes": "indexrelid",
    "pg_statio_all_indexes": "indexrelid",
}
"""Tables and views of the server with lines of each relation, and the column that names it."""
OF_DATABASE = {"pg_stat_database": "datname", "pg_database": "datname"}
EMPTY = {
    "pg_stats": "schemaname = current_schema() AND tablename <> 'alembic_version'",
    "pg_statistic_ext": "true",
    "pg_sequence": "true",
    "pg_largeobject_metadata": "true",
}
"""What must hold nothing of ours, and what is ours there."""
NUMBERS_OF_OBJECTS = frozenset(
    {
        "oid", "relid", "indexrelid", "relfilenode", "reltoastrelid", "reltype", "attrelid", "indrelid",
        "conrelid", "confrelid", "conindid", "datid", "datname", "relname", "indexrelname",
    }
)  # fmt: skip
"""Columns that hold the number of a table or a database, or a name that is made of one."""

Known = dict[tuple[str, str, str], Any]
"""What a view says in a column, of a relation (and the column or constraint of it)."""


def read(connection: psycopg.Connection[Any]) -> Known:
    """All of it."""
    known: Known = {}
    # Of itself, the connection has told the counter nothing yet, or all.
    connection.execute("SELECT pg_stat_force_next_flush()")
    connection.execute("SELECT pg_stat_clear_snapshot()")
    for relation in relations(connection):
        for view, key in OF_RELATIONS.items():
            for row in _rows(connection, view, sql.SQL("{} = {}").format(sql.Identifier(key), relation.oid)):
                part = row.get("attname") or row.get("conname") or ""
                for column, value in row.items():
                    known[view, column, f"{relation.name} {part}"] = value
    for view, key in OF_DATABASE.items():
        for row in _rows(connection, view, sql.SQL("{} = current_database()").format(sql.Identifier(key))):
            known |= {(view, column, ""): value for column, value in row.items()}
    for view, ours in EMPTY.items():
        known[view, "count", ""] = len(_rows(connection, view, sql.SQL(ours)))
    return known


def differences(one: Known, other: Known) -> set[tuple[str, str]]:
    """The columns, by view, in which two databases are not alike."""
    return {
        place[:2]
        for place in {*one, *other}
        if one.get(place) != other.get(place) and place[1] not in NUMBERS_OF_OBJECTS
    }


def _rows(connection: psycopg.Connection[Any], view: str, condition: sql.Composable) -> list[dict[str, Any]]:
    query = sql.SQL("SELECT to_jsonb(found) FROM (SELECT * FROM {} WHERE {}) AS found")
    return [row[0] for row in connection.execute(query.format(sql.Identifier(view), condition)).fetchall()]
