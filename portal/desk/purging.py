"""Purge a case: what it held is truly gone, and the log keeps only that this happened.

Rules kept here:
- Every row goes that refers to the case or to one of its messages, in whatever table: they are found by their foreign
  keys, so that a new table cannot be forgotten. With them go the words in the search index and what the log says.
- Rows go in one transaction. Sealed files are erased after it, never before; a purge that was broken off is finished
  by the next one, or by the next import (`finish`).
- Deleted content is overwritten at once (secure_delete, FTS5's secure-delete). What may be left in slack within pages
  goes when the casebook is rewritten (VACUUM), what is left in the write-ahead log when that is emptied.
- A main case goes with all that were merged into it, or not at all; these go first, so that one that is left when the
  machine dies is still a case of its own kind. One that was merged can go alone: the main case stays as it is.
- What stays: a tombstone (portal.desk.tombstones), the figures of statistics (portal.desk.statistics.facts).

Backups that were made before still hold the case until they are deleted, as does a copy that was handed over.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from portal.channels import Channel
from portal.desk import cases, custody, holding, tombstones
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.session import Desk
from portal.desk.statistics import facts
from portal.errors import DeskError
from portal.files import sync_folder

Referring = tuple[str, str]
"""A table, and the condition (SQL, one parameter: the row of the case) for its rows that belong to a case."""


@dataclass(frozen=True)
class Extent:
    """What goes with a purge."""

    cases: tuple[str, ...]
    messages: int
    attachments: int
    referrals: int
    unsent: tuple[str, ...]
    """Cases with an answer that the portal has not confirmed: if it has not got there, its reporter never reads it."""
    merged: tuple[str, ...] = ()
    """Those of `cases` that were merged into another of them."""


def extent(casebook: Casebook, chosen: Sequence[Case]) -> Extent:
    """What would go with these cases, and with those that were merged into them."""
    chosen = _with_merged(casebook, chosen)
    messages = [message for case in chosen for message in cases.messages(casebook, case)]
    referrals = sum(casebook.one("SELECT count(*) FROM referrals WHERE case_id = ?", case.id)[0] for case in chosen)
    unsent = [
        case.name
        for case in chosen
        if casebook.one("SELECT 1 FROM replies WHERE case_id = ? AND sealed IS NOT NULL", case.id)
    ]
    attachments = sum(len(message.report.attachments) for message in messages)
    names = tuple(case.name for case in chosen)
    merged = tuple(case.name for case in chosen if case.merged_into in names)
    return Extent(names, len(messages), attachments, referrals, tuple(unsent), merged)


def purge(desk: Desk, chosen: Sequence[Case], channels: Mapping[str, Channel], why: str = "asked") -> None:
    """Purge cases, with those that were merged into them; `why` goes into the log.

    Raises DeskError, and nothing is purged, if one is held or restricted.
    """
    finish(desk)
    casebook = desk.casebook
    for case in chosen:
        holding.check_erasable(casebook, case)
    for case in _with_merged(casebook, chosen):
        counted = extent(casebook, [case])
        with casebook.transaction():
            facts.keep(casebook, case, channels)
            tombstones.bury(casebook, case.id, desk.today.isoformat())
            _note_files(casebook, case)
            _delete(casebook, case)
            said = {"why": why, "messages": counted.messages, "attachments": counted.attachments}
            said["referrals"] = counted.referrals
            custody.append(casebook, desk.keyring, desk.clock(), "purged", (None, case.name), said)
    finish(desk)


def finish(desk: Desk) -> None:
    """Finish what purges have begun: rewrite the casebook, erase files. Only for the command that holds the lock."""
    casebook = desk.casebook
    erasing = [sha256 for (sha256,) in casebook.all("SELECT sha256 FROM erasing")]
    if not erasing:
        return
    casebook.run("VACUUM")
    if not _empty_wal(casebook):
        raise DeskError(
            "The purge is not finished, because the desk is being read elsewhere: close it there, and give "
            "`desk purge --due` once more."
        )
    folder = desk.folder
    for sha256 in erasing:
        for path, table in ((folder.sealed(sha256), "messages"), (folder.quarantined(sha256), "quarantine")):
            if not casebook.one(f"SELECT 1 FROM {table} WHERE sha256 = ?", sha256):  # noqa: S608 - two names of ours
                path.unlink(missing_ok=True)
    for place in (folder.sealed_items, folder.quarantine):
        sync_folder(place)
    with casebook.transaction():
        casebook.run("DELETE FROM erasing")
    _empty_wal(casebook)


def _with_merged(casebook: Casebook, chosen: Iterable[Case]) -> list[Case]:
    return list(dict.fromkeys(one for case in chosen for one in (*cases.merged(casebook, case), case)))


def referring(casebook: Casebook) -> list[Referring]:
    """Every table with rows that belong to a case, those first that others do not refer to; `cases` is the last."""
    tables = [name for (name,) in casebook.all("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    parents = {table: list(_foreign_keys(casebook, table)) for table in tables}
    return list(_ordered(parents, "cases", "id = ?1"))


def _ordered(parents: Mapping[str, Iterable[tuple[str, str, str]]], table: str, condition: str) -> Iterator[Referring]:
    for child, keys in parents.items():
        for column, parent, to in keys:
            if parent == table and child != table:
                inner = f"SELECT {to} FROM {table} WHERE {condition}"  # noqa: S608 - names of our own schema
                yield from _ordered(parents, child, f"{column} IN ({inner})")
    yield table, condition


def _foreign_keys(casebook: Casebook, table: str) -> Iterator[tuple[str, str, str]]:
    """Column, the table that it refers to, and the column there; those that are set to NULL hold nothing of it."""
    for _, _, parent, column, to, _, on_delete, _ in casebook.all(f"PRAGMA foreign_key_list({table})"):
        if on_delete != "SET NULL":
            yield column, parent, to or _primary_key(casebook, parent)


def _primary_key(casebook: Casebook, table: str) -> str:
    return next(str(name) for _, name, _, _, _, place in casebook.all(f"PRAGMA table_info({table})") if place == 1)


def _note_files(casebook: Casebook, case: Case) -> None:
    """Remember which files go: the items, those that took their place, and what was quarantined under the same ids."""
    casebook.run(
        "INSERT OR IGNORE INTO erasing (sha256) SELECT sha256 FROM messages WHERE case_id = ?1"
        " UNION SELECT original FROM sealed_away WHERE case_id = ?1"
        " UNION SELECT q.sha256 FROM quarantine q JOIN messages m USING (portal, item) WHERE case_id = ?1",
        case.id,
    )


def _delete(casebook: Casebook, case: Case) -> None:
    casebook.run(
        "DELETE FROM quarantine WHERE (portal, item) IN (SELECT portal, item FROM messages WHERE case_id = ?)", case.id
    )
    for table, condition in referring(casebook):
        casebook.run(f"DELETE FROM {table} WHERE {condition}", case.id)  # noqa: S608 - names of our own schema


def _empty_wal(casebook: Casebook) -> bool:
    """Whether the write-ahead log could be brought into the casebook and emptied; a reader hinders that."""
    return bool(casebook.one("PRAGMA wal_checkpoint(TRUNCATE)")[0] == 0)
