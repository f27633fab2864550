"""Receive a thread that another desk of the site hands over (docs/format.md section 12).

Rules kept here:
- Nothing of a transfer is used before its signature is checked by a key that came another way.
- It is taken whole or not at all: sealed items are on the disk before the casebook knows of them, and the casebook
  takes all of it in one transaction. The same transfer again changes nothing.
- Every item is checked as one that a portal brings.

Tables: `received`, `received_items`, `received_notes`, `received_log`.
"""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import minisign

from portal import bundle
from portal.age import decrypt, strip_armor
from portal.channels import Channel
from portal.desk import arriving, cases, contacts, origins, portals, received, triage
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.checking import Checked, check
from portal.desk.folder import Part, pieces
from portal.desk.importing import check_repeat
from portal.desk.session import Desk
from portal.desk.storing import storing
from portal.desk.transfer_archive import Entered, Item, Note, Reader, Transfer
from portal.desk.triage import Triage
from portal.errors import AgeError, DeskError, FormatError, NoMatch, Refused, TransferError
from portal.report import Reply, clean_text, write_reply

_NONE_YET = 0
"""No row of `portals`."""


@dataclass
class Received:
    """What a transfer brought that was not here."""

    case: str
    desk: str
    new: bool
    """The case was not here before."""
    urgent: bool
    items: int = 0
    answers: int = 0
    notes: int = 0
    entries: int = 0


@dataclass(frozen=True)
class _Item:
    entry: Item
    part: Part
    checked: Checked


@dataclass
class _Whole:
    """A transfer that was read to its end and checked."""

    value: Transfer
    log: list[Entered]
    sha256: bytes
    portal: int
    items: list[_Item] = field(default_factory=list)


def receive(desk: Desk, path: Path, key: minisign.PublicKey, channels: Mapping[str, Channel]) -> Received:
    """Take the transfer at `path`, signed by `key`. Raises Refused or DeskError; then nothing was changed."""
    rules = triage.load_rules(desk.folder)
    with ExitStack() as stack:
        try:
            whole = _read(desk, path, key, channels, stack)
        except NoMatch:
            raise Refused(
                "The transfer is not sealed to this desk, and nothing was stored: it is for another."
            ) from None
        except AgeError as error:
            raise DeskError(f"The transfer is damaged ({error.category}): copy it again.") from None
        except FormatError as error:
            raise DeskError(f"Nothing was stored. {error}") from None
        for item in whole.items:
            item.part.become(desk.folder.sealed(bytes.fromhex(item.entry.sha256)))
    with storing(desk, *(bytes.fromhex(item.entry.sha256) for item in whole.items)):
        return _store(desk, whole, key, rules)


def _read(desk: Desk, path: Path, key: minisign.PublicKey, channels: Mapping[str, Channel], stack: ExitStack) -> _Whole:
    digest = hashlib.sha256()
    reader = Reader(decrypt(desk.keyring.opening(), strip_armor(_watched(path, digest))), key)
    value = reader.manifest
    if value.to != desk.name:
        raise Refused(f"The transfer is for the desk {value.to}, and nothing was stored: this is the desk {desk.name}.")
    portal = _portal(desk.casebook, value)
    read = [_item(desk, value, entry, content, channels, stack) for entry, content in reader.items()]
    whole = _Whole(value, reader.log(), digest.digest(), portal)
    for item in read:
        stored = cases.stored(desk.casebook, portal, bytes.fromhex(item.entry.id))
        if stored is None:
            whole.items.append(item)
        else:
            check_repeat(stored, item.checked, erased=contacts.is_erased(desk.casebook, stored.id))
    if not read and _case(desk.casebook, whole) is None:
        raise TransferError("The case is not here: let the other desk hand over the whole of it (--whole).")
    return whole


def _item(
    desk: Desk,
    value: Transfer,
    entry: Item,
    content: Iterator[bytes],
    channels: Mapping[str, Channel],
    stack: ExitStack,
) -> _Item:
    part = stack.enter_context(Part(desk.folder.sealed_items))
    for piece in content:
        part.write(piece)
    part.close()
    try:
        checked = check(pieces(part.path), desk.keyring.opening(), entry.id, channels)
    except FormatError as error:
        raise TransferError(f"An item of it is not acceptable: {error}") from None
    if checked.report.locator.hex() != value.locator:
        raise TransferError("An item of it belongs to another thread.")
    return _Item(entry, part, checked)


def _watched(path: Path, digest: "hashlib._Hash") -> Iterator[bytes]:
    for piece in pieces(path):
        digest.update(piece)
        yield piece


def _portal(casebook: Casebook, value: Transfer) -> int:
    """The row of the thread's portal, also of the one that is none (portal.desk.origins)."""
    for portal in portals.pinned(casebook):
        if value.site == bundle.site(portal.key):
            return portal.id
    if value.site is None and value.source:
        row = casebook.one("SELECT id FROM portals WHERE key = ''")
        return row[0] if row else _NONE_YET
    raise Refused(
        "The thread is at a portal that this desk does not know, and nothing was stored: import a bundle of it first."
    )


def _case(casebook: Casebook, whole: _Whole) -> int | None:
    row = casebook.one(
        "SELECT id FROM cases WHERE portal = ? AND locator = ?", whole.portal, bytes.fromhex(whole.value.locator)
    )
    return row[0] if row else None


def _store(desk: Desk, whole: _Whole, key: minisign.PublicKey, rules: Triage) -> Received:
    casebook, value = desk.casebook, whole.value
    if whole.portal == _NONE_YET:
        whole.portal = origins.no_portal(casebook)
    origins.adopt(casebook, whole.portal, bytes.fromhex(value.locator))
    before = _case(casebook, whole)
    for item in whole.items:
        sha256 = bytes.fromhex(item.entry.sha256)
        arriving.store(casebook, whole.portal, sha256, item.checked.raw, rules)
    row = _case(casebook, whole)
    if row is None:
        raise DeskError("Nothing of the transfer could be stored: ask for help before you go on.")
    for item in whole.items:
        casebook.run(
            "INSERT OR IGNORE INTO received_items (message_id, case_id, original)"
            " SELECT id, case_id, ? FROM messages WHERE portal = ? AND item = ?",
            *(bytes.fromhex(item.entry.original), whole.portal, bytes.fromhex(item.entry.id)),
        )
    unseen = casebook.one("SELECT unseen, urgent FROM cases WHERE id = ?", row)
    answers = sum(_answer(casebook, row, write_reply(given.reply), given.reply) for given in value.answers)
    if before is None or whole.items:
        # Answers of another desk are none of this one's: nobody here has looked at what came.
        casebook.run(
            "UPDATE cases SET unseen = ?, looked = CASE ? WHEN 1 THEN NULL ELSE looked END WHERE id = ?",
            *(unseen[0], before is None, row),
        )
    case = _named(casebook, row)
    if value.source:
        origins.note_source(casebook, case, value.source)
    new = Received(case.name, value.desk, before is None, bool(unseen[1]), len(whole.items), answers)
    new.notes = sum(_note(casebook, row, value.desk, note) for note in value.notes)
    new.entries = sum(_entry(casebook, row, value, entered) for entered in whole.log)
    _remember(desk, case, whole, key)
    return new


def _named(casebook: Casebook, row: int) -> Case:
    return cases.find(casebook, casebook.one("SELECT name FROM cases WHERE id = ?", row)[0])


def _answer(casebook: Casebook, row: int, written: bytes, given: Reply) -> bool:
    """Whether an answer is new here. Ours go on behind the highest number, so that a mailbox shows them in order."""
    if casebook.one("SELECT 1 FROM replies WHERE id = ?", bytes.fromhex(given.id)):
        return False
    (following,) = casebook.one("SELECT coalesce(max(number), 0) + 1 FROM replies WHERE case_id = ?", row)
    casebook.run(
        "INSERT INTO replies (id, case_id, number, reply) VALUES (?, ?, ?, ?)",
        *(bytes.fromhex(given.id), row, max(following, given.number), written),
    )
    return True


def _note(casebook: Casebook, row: int, desk: str, note: Note) -> bool:
    """Whether a note is new here; it says whose it is."""
    key = (row, desk, note.number)
    if casebook.one("SELECT 1 FROM received_notes WHERE case_id = ? AND desk = ? AND number = ?", *key):
        return False
    casebook.run("INSERT INTO received_notes (case_id, desk, number) VALUES (?, ?, ?)", *key)
    casebook.run(
        "INSERT INTO notes (case_id, person, at, text) VALUES (?, ?, ?, ?)",
        *(row, note.person, f"{note.day}T00:00:00Z", f"[{desk}] {clean_text(note.text)}"),
    )
    return True


def _entry(casebook: Casebook, row: int, value: Transfer, entered: Entered) -> bool:
    """Whether an entry of the other desk's log is new here."""
    logged, key = entered.logged, (row, value.desk, entered.entry.number)
    if casebook.one("SELECT 1 FROM received_log WHERE case_id = ? AND desk = ? AND number = ?", *key):
        return False
    casebook.run(
        "INSERT INTO received_log (case_id, desk, number, transfer, entry, signature, key, salt, details)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        *(*key, bytes.fromhex(value.id), logged.entry.encode(), logged.signature, entered.key),
        *(None if logged.salt is None else bytes.fromhex(logged.salt), logged.details),
    )
    return True


def _remember(desk: Desk, case: Case, whole: _Whole, key: minisign.PublicKey) -> None:
    value, casebook, public = whole.value, desk.casebook, key.to_base64().decode()
    if casebook.one("SELECT 1 FROM received WHERE id = ?", bytes.fromhex(value.id)):
        return
    casebook.run(
        "INSERT INTO received (id, case_id, desk, name, day, sha256, manifest_key) VALUES (?, ?, ?, ?, ?, ?, ?)",
        *(bytes.fromhex(value.id), case.id, value.desk, value.case, value.day, whole.sha256, public),
    )
    desk.record(
        "received",
        case,
        desk=value.desk,
        name=value.case,
        id=value.id,
        sha256=whole.sha256.hex(),
        key=public,
        items=[item.entry.sha256 for item in whole.items],
        originals=[item.entry.original for item in whole.items],
        log=received.digest(received.brought(casebook, bytes.fromhex(value.id))),
    )
