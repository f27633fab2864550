"""Import a bundle: what the portal hands over becomes cases.

Rules kept here:
- Nothing of a bundle is used before its signature, site, desk and direction are checked.
- A sealed item is on the disk, unchanged, before the casebook knows of it: after a crash, the same import again loses
  nothing and doubles nothing.
- What is not acceptable goes to quarantine with its reason, and never stops the rest.
- Memory does not grow with the size of an item.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from portal import bundle
from portal.age import HybridIdentity
from portal.bundle import Bundle, BundleItem
from portal.channels import Channel
from portal.desk import arriving, cases, contacts, origins, portals, purging, resending, tombstones, triage
from portal.desk.checking import Checked, Unopened, check
from portal.desk.folder import Part, pieces
from portal.desk.portals import Portal, Trust
from portal.desk.session import Desk
from portal.desk.storing import storing
from portal.desk.triage import Triage
from portal.errors import BundleError, FormatError, Refused, ReportError


@dataclass
class Outcome:
    """What an import did. `stopped` says why it ended before the end of the bundle, if it did."""

    portal: str
    counter: int
    day: str
    older: bool
    """A newer bundle of this portal was imported before."""
    cases: list[str] = field(default_factory=list)
    urgent: list[str] = field(default_factory=list)
    """New cases that are urgent, and cases that a message has made urgent."""
    messages: list[str] = field(default_factory=list)
    """The case of each new message to a case that was there."""
    known: int = 0
    quarantined: list[tuple[str, str]] = field(default_factory=list)
    """Item id, hex, and reason."""
    resent: int = 0
    """Answers that go out again, since the portal was put back from a backup and has lost them."""
    stopped: str | None = None


def import_bundle(
    desk: Desk,
    path: Path,
    channels: Mapping[str, Channel],
    trust: Trust,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Outcome:
    """Import the bundle at `path`. `progress` is called with the items that are done, and all of them.

    Raises RulesError if the desk's triage.toml is wrong, Refused if the bundle is not for this desk or not from a
    portal that it trusts, BundleError if it is no bundle; then nothing was changed.
    """
    rules = triage.load_rules(desk.folder, channels)
    purging.finish(desk)
    reader = bundle.Reader(_pieces(path))
    name, key = portals.recognise(portals.pinned(desk.casebook), reader.front, trust)
    manifest = reader.manifest(Bundle)
    if manifest.site != bundle.site(key):
        raise Refused("The bundle names another portal than the one that signed it, and nothing was imported.")
    if manifest.desk != desk.name:
        raise Refused(
            f"The bundle is for the desk {manifest.desk}, and nothing was imported: this is the desk {desk.name}."
        )
    resent = 0
    with desk.casebook.transaction():
        if all(known.name != name for known in portals.pinned(desk.casebook)):
            desk.record("portal-pinned", name=name, key=key.to_base64().decode())
        portal = portals.pin(desk.casebook, name, key)
        if resending.lost(portal, manifest):
            resent = resending.resend(desk, portal, manifest)
        portals.settle(desk.casebook, portal, manifest)
    work = _Import(desk, rules, portal, manifest)
    work.outcome.resent = resent
    try:
        for place, content in reader.members(manifest):
            work.take(manifest.items[place], content)
            progress(place + 1, len(manifest.items))
    except FormatError as error:
        work.outcome.stopped = str(error)
    else:
        with desk.casebook.transaction():
            portals.imported(desk.casebook, portal, manifest)
    return work.outcome


class _Import:
    """One import under way."""

    def __init__(self, desk: Desk, rules: Triage, portal: Portal, manifest: Bundle) -> None:
        self._desk = desk
        self._identities: list[HybridIdentity] = desk.keyring.opening()
        self._rules = rules
        self._portal = portal
        self._day = manifest.day
        self._newer = manifest.counter > portal.bundle
        self.outcome = Outcome(portal.name, manifest.counter, manifest.day, manifest.counter < portal.bundle)

    def take(self, entry: BundleItem, content: Iterator[bytes]) -> None:
        """Take one item. Raises FormatError if the bundle ends within it."""
        item, sha256 = bytes.fromhex(entry.id), bytes.fromhex(entry.sha256)
        before = cases.stored(self._desk.casebook, self._portal.id, item)
        is_here = before.sha256 == sha256 if before else tombstones.is_gone(self._desk.casebook, item)
        if is_here:
            self._recognise(item, sha256)
            return
        with Part(self._desk.folder.sealed_items) as part:
            if not _copy(content, entry.size, part):
                reason = "It is not what the portal signed: copy the bundle again and import it once more."
                self._quarantine(part, item, _sha256(part.path), reason, acknowledge=False)
                return
            try:
                checked = check(pieces(part.path), self._identities, entry.id, self._rules.channels)
                before = before or self._adopt(item, checked)
                if before is not None:
                    check_repeat(before, checked, erased=contacts.is_erased(self._desk.casebook, before.id))
            except FormatError as error:
                self._quarantine(part, item, sha256, str(error), acknowledge=not isinstance(error, Unopened))
                return
            if before is None:
                self._add(part, item, sha256, checked)
            else:
                self._recognise(item, sha256)

    def _add(self, part: Part, item: bytes, sha256: bytes, checked: Checked) -> None:
        part.become(self._desk.folder.sealed(sha256))
        casebook = self._desk.casebook
        with storing(self._desk, sha256):
            before = cases.of_thread(casebook, self._portal.id, checked.report.locator)
            case, new = arriving.store(casebook, self._portal.id, sha256, checked.raw, self._rules)
            portals.acknowledge(casebook, self._portal, item, sha256)
            self._desk.record("imported", case, item=item.hex(), sha256=sha256.hex(), portal=self._portal.name)
            settled = casebook.all(
                "DELETE FROM quarantine WHERE portal = ? AND item = ? RETURNING sha256", self._portal.id, item
            )
        for (left,) in settled:
            if not casebook.one("SELECT 1 FROM quarantine WHERE sha256 = ?", left):
                self._desk.folder.quarantined(left).unlink(missing_ok=True)
        (self.outcome.cases if new else self.outcome.messages).append(case.name)
        if case.urgent and not (before and before.urgent):
            self.outcome.urgent.append(case.name)

    def _adopt(self, item: bytes, checked: Checked) -> cases.Message | None:
        """The message, if it was dropped in by hand before: its thread is this portal's from now on."""
        with self._desk.casebook.transaction():
            origins.adopt(self._desk.casebook, self._portal.id, checked.report.locator)
        return cases.stored(self._desk.casebook, self._portal.id, item)

    def _recognise(self, item: bytes, sha256: bytes) -> None:
        """The item is here, or was here and was purged. A newer bundle still has it, so it is acknowledged again."""
        self.outcome.known += 1
        if self._newer:
            with self._desk.casebook.transaction():
                portals.acknowledge(self._desk.casebook, self._portal, item, sha256)

    def _quarantine(self, part: Part, item: bytes, sha256: bytes, reason: str, *, acknowledge: bool) -> None:
        part.become(self._desk.folder.quarantined(sha256))
        casebook = self._desk.casebook
        with casebook.transaction():
            known = casebook.one(
                "SELECT 1 FROM quarantine WHERE portal = ? AND item = ? AND sha256 = ?", self._portal.id, item, sha256
            )
            casebook.run(
                "INSERT INTO quarantine (portal, item, sha256, reason, day) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET reason = excluded.reason",
                *(self._portal.id, item, sha256, reason, self._day),
            )
            if not known:
                self._desk.record("quarantined", item=item.hex(), sha256=sha256.hex(), reason=reason)
            if acknowledge and (self._newer or not known):
                portals.acknowledge(casebook, self._portal, item, sha256)
        self.outcome.quarantined.append((item.hex(), reason))


def check_repeat(before: cases.Message, checked: Checked, *, erased: bool) -> None:
    """Raise ReportError unless the same words came again.

    A form that is sent once more after its report was collected is sealed anew: same id, another age file.
    """
    came = contacts.without(checked.report) if erased else checked.report
    if msgspec.structs.replace(came, received=before.received) != before.report:
        raise ReportError("Another item with the same id is here already, and that one is kept.")


def _pieces(path: Path) -> Iterator[bytes]:
    """A bundle in pieces; a stick that cannot be read is a bundle cut short."""
    try:
        yield from pieces(path)
    except OSError as error:
        raise BundleError(f"{path} cannot be read ({error.strerror}): look at the bundle, and copy it again.") from None


def _copy(content: Iterator[bytes], size: int, part: Part) -> bool:
    """Whether what was copied is what the manifest says. Raises BundleError if the bundle ends before."""
    copied = 0
    try:
        for piece in content:
            part.write(piece)
            copied += len(piece)
    except BundleError:
        if copied < size:
            raise
        return False
    return True


def _sha256(path: Path) -> bytes:
    digest = hashlib.sha256()
    for piece in pieces(path):
        digest.update(piece)
    return digest.digest()
