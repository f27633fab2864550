"""Open what is dropped in by hand: a bundle, or one sealed item, binary or armored, that came some other way.

Rules kept here:
- A single item has no manifest and no portal's signature: it is believed for its own signature, as every item is, and
  joins its thread if that is here. Otherwise it opens a case "by hand" (portal.desk.origins).
- Nothing of it is acknowledged to a portal. If a bundle brings the same thread later, the case becomes that portal's.
- What is not acceptable is refused with its reason; the file stays where it was, so nothing goes to quarantine.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from portal import limits, report
from portal.age import decrypt, strip_armor
from portal.age.header import MAGIC
from portal.age.pem import is_armored
from portal.channels import Channel
from portal.desk import arriving, cases, contacts, origins, triage
from portal.desk.casebook import Casebook
from portal.desk.checking import Checked, check
from portal.desk.folder import Part, pieces
from portal.desk.importing import Outcome, check_repeat, import_bundle
from portal.desk.portals import Trust
from portal.desk.session import Desk
from portal.desk.storing import storing
from portal.errors import AgeError, FormatError, NoMatch, ParcelError, Refused
from portal.parcel import Parcel

_HEAD_BYTES = 4096


def import_file(
    desk: Desk,
    path: Path,
    channels: Mapping[str, Channel],
    trust: Trust,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Outcome:
    """Import a bundle, or one sealed item. Raises what `import_bundle` raises, Refused for an item."""
    if is_sealed_item(path):
        return import_item(desk, path, channels)
    return import_bundle(desk, path, channels, trust, progress)


def is_sealed_item(path: Path) -> bool:
    """Whether a file looks like an age file, binary or armored; one that cannot be read does not."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return False
    return head.startswith(MAGIC) or is_armored(head.lstrip())


def import_item(desk: Desk, path: Path, channels: Mapping[str, Channel]) -> Outcome:
    """Import one sealed item. Raises Refused if it is not acceptable; then nothing was changed."""
    rules = triage.load_rules(desk.folder)
    outcome = Outcome(origins.BY_HAND, 0, desk.today.isoformat(), older=False)
    with Part(desk.folder.sealed_items) as part:
        try:
            sha256 = _copy(path, part)
            checked = _checked(desk, part.path, channels)
        except AgeError as error:
            raise Refused(f"{path} is not a whole age file ({error.category}): copy it again.") from None
        except FormatError as error:
            raise Refused(f"{path} was not imported. {error}") from None
        item, locator = bytes.fromhex(checked.report.id), checked.report.locator
        portal = _portal(desk.casebook, locator)
        if portal is not None and (before := cases.stored(desk.casebook, portal, item)) is not None:
            try:
                check_repeat(before, checked, erased=contacts.is_erased(desk.casebook, before.id))
            except FormatError as error:
                raise Refused(f"{path} was not imported. {error}") from None
            outcome.known = 1
            return outcome
        part.become(desk.folder.sealed(sha256))
    with storing(desk, sha256):
        if portal is None:
            portal = origins.no_portal(desk.casebook)
        case, new = arriving.store(desk.casebook, portal, sha256, checked.raw, rules)
        if new:
            origins.note_source(desk.casebook, case, "by-hand")
        desk.record("imported", case, item=item.hex(), sha256=sha256.hex(), portal=origins.BY_HAND)
    (outcome.cases if new else outcome.messages).append(case.name)
    if case.urgent:
        outcome.urgent.append(case.name)
    return outcome


def _copy(path: Path, part: Part) -> bytes:
    """The binary age file, as every item is kept; its SHA-256."""
    digest, size = hashlib.sha256(), 0
    for piece in strip_armor(pieces(path)):
        size += len(piece)
        if size > limits.SEALED_ITEM_BYTES:
            raise ParcelError("It is larger than a sealed item may be.")
        part.write(bytes(piece))
        digest.update(piece)
    part.close()
    return digest.digest()


def _checked(desk: Desk, path: Path, channels: Mapping[str, Channel]) -> Checked:
    """The report in a sealed item. It travelled under no id, so the one that it was signed for is taken."""
    identities = desk.keyring.opening()
    try:
        parcel = Parcel(_watched(decrypt(identities, pieces(path))))
    except NoMatch:
        raise ParcelError("It is not sealed to a key of this desk: it is for another.") from None
    front = parcel.front
    return check(pieces(path), identities, report.read(front.report, front.signature).id, channels)


def _watched(plain: Iterator[bytes]) -> Iterator[bytes]:
    """The same; raises ParcelError for two other things that a desk is given as age files."""
    first = next(plain, b"")
    for name, what in (
        (b"manifest.json\0", "It is a thread that another desk hands over: `desk receive` takes it."),
        (b"backup.json\0", "It is a backup of a desk: `desk restore` takes it."),
    ):
        if first.startswith(name):
            raise ParcelError(what)
    yield first
    yield from plain


def _portal(casebook: Casebook, locator: bytes) -> int | None:
    """The portal at which this thread is known; a pinned one before the one that is none."""
    row = casebook.one(
        "SELECT portal FROM cases JOIN portals ON portals.id = portal WHERE locator = ? ORDER BY key = '', cases.id",
        locator,
    )
    return row[0] if row else None
