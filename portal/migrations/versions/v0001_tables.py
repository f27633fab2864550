"""The first tables (design section 6)."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

COUNT = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
SQLITE: dict[str, Any] = {"sqlite_with_rowid": False, "sqlite_strict": True}
COLUMNS = {
    "collected": ("desk", "pack_counter", "day", "bundle_counter"),
    "item": ("id", "place", "size"),
    "chunk": ("place", "data"),
    "waiting": ("item_id", "desk"),
    "reply": ("id", "locator", "expires_month", "sealed"),
    "taken": ("desk", "reply_id"),
}


def upgrade() -> None:
    """Makes them."""
    op.create_table(
        "collected",
        sa.Column("desk", sa.Text, primary_key=True),
        sa.Column("pack_counter", COUNT, nullable=False, server_default="0"),
        sa.Column("day", sa.Text),
        sa.Column("bundle_counter", COUNT, nullable=False, server_default="0"),
        **SQLITE,
    )
    op.create_table(
        "item",
        sa.Column("id", sa.LargeBinary, primary_key=True),
        sa.Column("place", COUNT, nullable=False, unique=True),
        sa.Column("size", COUNT, nullable=False),
        sa.CheckConstraint("length(id) = 32", name="item_id_size"),
        sa.CheckConstraint("place BETWEEN 0 AND 140737488355327", name="item_place_range"),
        **SQLITE,
    )
    op.create_table(
        "chunk",
        # With a rowid, which `place` is: SQLite reads a whole row of a table without one to compare its key.
        sa.Column("place", COUNT, primary_key=True, autoincrement=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sqlite_strict=True,
    )
    op.create_table(
        "waiting",
        sa.Column("item_id", sa.LargeBinary, sa.ForeignKey("item.id"), primary_key=True),
        sa.Column("desk", sa.Text, primary_key=True),
        **SQLITE,
    )
    op.create_table(
        "reply",
        sa.Column("id", sa.LargeBinary, primary_key=True),
        sa.Column("locator", sa.LargeBinary, nullable=False),
        sa.Column("expires_month", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("length(id) = 16", name="reply_id_size"),
        sa.CheckConstraint("length(locator) = 32", name="reply_locator_size"),
        sa.CheckConstraint("length(expires_month) = 7", name="reply_expires_month_size"),
        **SQLITE,
    )
    op.create_index("reply_locator", "reply", ["locator"])
    op.create_table(
        "taken",
        sa.Column("desk", sa.Text, primary_key=True),
        sa.Column("reply_id", sa.LargeBinary, primary_key=True),
        sa.CheckConstraint("length(reply_id) = 16", name="taken_reply_id_size"),
        **SQLITE,
    )
    if op.get_bind().dialect.name == "postgresql":
        # ANALYZE would keep ids and locators of rows that are long gone.
        for table, columns in COLUMNS.items():
            for column in columns:
                op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0")
        # Ciphertext does not get smaller: spare the attempt.
        op.execute("ALTER TABLE chunk ALTER COLUMN data SET STORAGE EXTERNAL")
        op.execute("ALTER TABLE reply ALTER COLUMN sealed SET STORAGE EXTERNAL")
