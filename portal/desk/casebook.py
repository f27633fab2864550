"""The casebook: one SQLCipher database under the raw key of the keyring.

Rules kept here: every change is one transaction, on the disk when it ends; the schema has a number, and steps lead from
each to the next; an error of the database is a DeskError that says what to do. What the tables mean to a caseworker is
written in `portal.desk.cases` and `portal.desk.portals`.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import sqlcipher3

from portal.desk import schema, wal
from portal.desk.folder import FILE_MODE
from portal.errors import CasebookDamaged, CustodyError, DeskError

BUSY_SECONDS = 10.0
"""A reader waits so long while a writer finishes, seconds."""

WAL = "-wal"
"""What SQLite adds to the name of a database for its write-ahead log."""
_SETTINGS_OF_A_READER = ("trusted_schema = OFF", "temp_store = MEMORY")
_SETTINGS = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON")

STEPS = schema.steps()
"""SQL; step n, counted from 0, makes schema n + 1 from schema n."""


class Casebook:
    """The open database. One connection, used by one thread."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    @classmethod
    def make(cls, path: Path, key: bytes) -> Self:
        """Make the casebook, or go on where making it was broken off. Raises DeskError."""
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))
        casebook = cls(_connect(path, key))
        casebook.renew()
        return casebook

    @classmethod
    def open(cls, path: Path, *keys: bytes) -> Self:
        """Open the casebook with its raw key, 32 bytes, the first that fits.

        Raises CasebookDamaged if none does, DeskError if it is missing or too new.
        """
        if not path.is_file():
            raise DeskError(f"{path} is missing: put back the copy from your backup.")
        casebook = cls(_connect_with(path, keys))
        if casebook.version > len(STEPS):
            casebook.close()
            raise DeskError("This casebook was written by a newer version of Portevoix: install that one.")
        return casebook

    @classmethod
    def read(cls, path: Path, *keys: bytes) -> Self:
        """Open the casebook's file alone, so that nothing is written to it or beside it, and its schema stays.

        What still lies in the write-ahead log is not seen. Raises as `open` does.
        """
        if not path.is_file():
            raise DeskError(f"{path} is missing: put back the copy from your backup.")
        return cls(_connect_with(path, keys, read_only=True))

    @property
    def version(self) -> int:
        """The number of the schema."""
        return int(self.one("PRAGMA user_version")[0])

    @property
    def is_current(self) -> bool:
        """Whether the schema is the newest."""
        return self.version == len(STEPS)

    def renew(self) -> None:
        """Take the missing steps to the newest schema, all or none. Only for the command that holds the lock."""
        with self.transaction():
            for number, step in enumerate(STEPS[self.version :], self.version + 1):
                for statement in schema.statements(step):
                    self.run(statement)
                self.run(f"PRAGMA user_version = {number}")

    def rekey(self, key: bytes) -> None:
        """Encrypt everything anew under another raw key, 32 bytes: all or nothing, and nothing if it has it already.

        The pages go through the write-ahead log as in any transaction; only then is the file of before overwritten.
        """
        self.run(f"PRAGMA rekey = \"x'{key.hex()}'\"")
        self.one("PRAGMA wal_checkpoint(TRUNCATE)")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that happens in the block is stored when it ends, or nothing of it."""
        self.run("BEGIN IMMEDIATE")
        try:
            yield
            self.run("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._connection.rollback()
            raise

    def run(self, sql: str, *values: object) -> int:
        """Execute one statement; the id of the row that an INSERT made."""
        with _explained():
            return int(self._connection.execute(sql, values).lastrowid or 0)

    def one(self, sql: str, *values: object) -> tuple[Any, ...]:
        """The first row of a query, or an empty tuple."""
        with _explained():
            return self._connection.execute(sql, values).fetchone() or ()

    def all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Every row of a query."""
        with _explained():
            return list(self._connection.execute(sql, values))

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@contextmanager
def at_rest(path: Path, *keys: bytes) -> Iterator[Casebook]:
    """The casebook with all that was written, also what is in its write-ahead log still, and nothing is written to it.

    Raises as `Casebook.open` does, and CustodyError if the log is not whole.
    """
    log = path.with_name(path.name + WAL)
    if not log.exists() or not log.stat().st_size:
        with Casebook.read(path, *keys) as casebook:
            yield casebook
        return
    # The log is read in a copy, which is as encrypted as what it is a copy of.
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, path.name)
        for each in (path, log):
            shutil.copyfile(each, copy.with_name(each.name))
        if not wal.is_whole(copy.with_name(log.name).read_bytes()):
            raise CustodyError(
                f"{log.name} was changed, or the machine stopped while writing it: open the desk once for writing, "
                "which drops what cannot be read, and check again."
            )
        with Casebook.open(copy, *keys) as casebook:
            casebook.one("PRAGMA wal_checkpoint(TRUNCATE)")
            yield casebook


def _connect_with(path: Path, keys: Sequence[bytes], *, read_only: bool = False) -> Any:
    for key in keys[:-1]:
        try:
            return _connect(path, key, read_only=read_only)
        except CasebookDamaged:
            continue
    return _connect(path, keys[-1], read_only=read_only)


def _connect(path: Path, key: bytes, *, read_only: bool = False) -> Any:
    source = f"{path.absolute().as_uri()}?mode=ro&immutable=1" if read_only else str(path)
    connection = sqlcipher3.connect(source, isolation_level=None, timeout=BUSY_SECONDS, uri=read_only)
    try:
        # SQLCipher writes what it finds wrong to the terminal unless told otherwise, and derives no key from a raw one.
        connection.execute("PRAGMA cipher_log_level = NONE")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute("PRAGMA user_version").fetchone()
        for setting in _SETTINGS_OF_A_READER if read_only else (*_SETTINGS_OF_A_READER, *_SETTINGS):
            connection.execute(f"PRAGMA {setting}").fetchone()
    except sqlcipher3.Error as error:
        connection.close()
        raise _explained_error(error) from None
    return connection


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except sqlcipher3.Error as error:
        raise _explained_error(error) from None


def _explained_error(error: Exception) -> DeskError:
    text = str(error)
    if "not a database" in text or "malformed" in text:
        return CasebookDamaged(
            "The casebook cannot be read with the key of this keyring: put back both from the same backup."
        )
    if "full" in text:
        return DeskError("The disk is full: make room and do this again; what was stored before is safe.")
    if "I/O" in text:
        # SQLite says so, and no more, where there is no room for its shared memory beside the casebook.
        return DeskError("The disk is full, or it fails: make room and do this again; what was stored before is safe.")
    if "locked" in text:
        return DeskError("Another command is writing in the casebook: wait until it is done, and do this again.")
    return DeskError(f"The casebook cannot be used ({text}): look at the disk and its permissions, then do this again.")
