"""The tables and how they came to be: one file in `versions/` for each step, run by Alembic from `portal init`.

A step, once released, never changes; it names tables and columns itself instead of taking them from
`portal.store.schema`, which shows the last step only. A new one is written by hand as `versions/vNNNN_what.py`, with
`down_revision` of the step before; then `SCHEMA_VERSION` in `portal.store.schema` grows. There is no way back: the
backup is.
"""

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from portal.errors import StoreError


def upgrade(connection: Connection) -> None:
    """Brings the tables to the last step, inside the transaction that is open on `connection`.

    Raises StoreError if a newer portal made them.
    """
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "portal:migrations")
    try:
        command.upgrade(config, "head")
    except CommandError:
        raise StoreError(
            "The tables were made by a newer portal: install that version, or restore a backup of this one."
        ) from None
