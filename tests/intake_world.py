"""A portal's intake with its desks, on any database, without Flask: for tests that stand on both sides."""

import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import minisign

from portal import bundle, exchange, parcel, report, state
from portal.age import HybridIdentity, HybridRecipient, decrypt, encrypt
from portal.channels import load
from portal.desks import KeysFolder
from portal.intake import Intake, Message, Routing
from portal.permits import Permits
from portal.report import Attachment, Draft, Reply, Report
from portal.sealing import Sealing
from portal.store import Store
from portal.tickets import Seals
from tests.clock import Clock

ROUTES = {"travel": ("police",), "self": ("police", "ecpat"), "other": ("ecpat",)}
VISITOR = bytes(32)


@dataclass
class Desk:
    """One desk: what it keeps secret, and a way to read what waits for it."""

    name: str
    identity: HybridIdentity = field(default_factory=HybridIdentity.generate)
    signing: minisign.KeyPair = field(default_factory=minisign.KeyPair.generate)

    def publish(self, folder: Path) -> None:
        (folder / f"{self.name}.recipients").write_text(f"{self.identity.recipient}\n")
        (folder / f"{self.name}.pub").write_bytes(bytes(self.signing.public_key) + b"\n")

    def read(self, store: Store) -> list[tuple[Report, list[bytes]]]:
        """Every waiting report, opened and checked, with its attachments."""
        opened = []
        for item in store.waiting(self.name):
            box = parcel.Parcel(decrypt([self.identity], store.read_item(item.id)))
            value = report.read(box.front.report, box.front.signature)
            assert value.id == item.id.hex()
            opened.append((value, [b"".join(pieces) for _, _, pieces in box.attachments()]))
        return opened


class World:
    """A portal's intake and the desks police and ecpat."""

    def __init__(self, url: str, folder: Path, fallback: str | None = None) -> None:
        self.clock = Clock()
        self.folder = folder / "state"
        self.state = state.create(self.folder)
        self.store = Store(url)
        self.store.create()
        self.desks = {name: Desk(name) for name in ("police", "ecpat")}
        keys = folder / "keys"
        keys.mkdir()
        for desk in self.desks.values():
            desk.publish(keys)
        self.keys = KeysFolder(keys, self.desks)
        self.permits = Permits(2)
        self.routing = Routing(ROUTES, fallback)
        self.seals = Seals(self.state.receipt_secret, self.state.session_secrets, self.clock)
        self.intake = self.another_process()

    def another_process(self) -> Intake:
        """An intake that shares nothing but the store and the secrets."""
        seals = Seals(self.state.receipt_secret, self.state.session_secrets, self.clock)
        return Intake(self.store, seals, load(), self.routing, self.keys, Permits(2), self.has_room)

    @staticmethod
    def has_room(attachments: bool) -> bool:
        """Whether the disk has room: always, unless a test says otherwise."""
        return True

    def pack(self, desk: str, counter: int, replies: Sequence[tuple[Reply, Report]]) -> exchange.Taken:
        """Seal replies to the threads of reports and import them as a pack of `desk`."""
        sealed = []
        for reply, to in sorted(replies, key=lambda pair: pair[0].id):
            recipient = [report_recipient(to)]
            archive = parcel.pack_reply(report.write_reply(reply), reply.text)
            sealed.append((reply.id, to.locator.hex(), b"".join(encrypt(recipient, [archive]))))
        manifest = bundle.Pack(
            format="portevoix/pack/1",
            direction="desk-to-portal",
            site=bundle.site(self.state.public_key),
            desk=desk,
            counter=counter,
            collected=[],
            replies=[bundle.PackReply(i, locator, sha(data), len(data)) for i, locator, data in sealed],
        )
        pieces = bundle.write(manifest, self.desks[desk].signing.secret_key, ([data] for _, _, data in sealed))
        keys = {name: made.signing.public_key for name, made in self.desks.items()}
        return exchange.take(self.store, manifest.site, keys, self.clock().date(), pieces)


def sha(data: bytes) -> str:
    """SHA-256 as hex."""
    return hashlib.sha256(data).hexdigest()


def report_recipient(value: Report) -> HybridRecipient:
    """The recipient of a report's thread."""
    return HybridRecipient.parse(value.recipient)


def message(
    narrative: str = "Something happened.",
    *,
    kind: Any = "report",
    channel: str = "travel",
    desks: tuple[str, ...] = ("police",),
) -> Message:
    """A report or a follow-up on its way in."""
    draft = Draft(kind, channel, 1, "en", {}, narrative, [], [])
    return Message(draft, report.as_text("Report", [("What", narrative)]), desks)


@contextmanager
def message_with(files: Sequence[bytes], narrative: str = "Something happened.") -> Iterator[Message]:
    """A report with attachments on its way in."""
    attachments = [Attachment(f"{n}.jpg", "image/jpeg", len(data), sha(data)) for n, data in enumerate(files)]
    draft = Draft("report", "travel", 1, "en", {}, narrative, [], attachments)
    with Sealing(Path(tempfile.gettempdir())) as sealing:
        for data in files:
            sealing.begin()
            sealing.write(data)
            sealing.end()
        yield Message(draft, report.as_text("Report", [("What", narrative)]), ("police",), sealing)


def reply(number: int = 1, **changes: Any) -> Reply:
    """An answer of the police."""
    values: dict[str, Any] = {
        "format": "portevoix/reply/1",
        "id": f"{number:032x}",
        "desk": "police",
        "day": "2026-11-25",
        "number": number,
        "status": "under-review",
        "text": f"Answer {number}.",
        "channel": "travel",
        "follow_up": ["police"],
    }
    return Reply(**(values | changes))
