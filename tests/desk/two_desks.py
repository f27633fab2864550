"""A portal whose two desks share a thread, for the tests of transfers."""

from pathlib import Path
from typing import Any

from portal.age import decrypt
from portal.channels import Channel
from portal.desk import cases
from portal.desk.importing import Outcome, import_bundle
from portal.desk.other_desks import read_recipients
from portal.desk.portals import Trust
from portal.desk.receiving import Received, receive
from portal.desk.session import Desk
from portal.desk.transfer_archive import Reader, Transfer
from portal.desk.transferring import HandedOver, transfer
from tests.desk.played import PlayedPortal, draft, reporter


class World:
    """A portal whose two desks share a thread: what each of them does."""

    def __init__(
        self, desk: Desk, other: Desk, portal: PlayedPortal, channels: dict[str, Channel], folder: Path
    ) -> None:
        self.desk, self.other, self.portal, self.channels, self.folder = desk, other, portal, channels, folder
        self.keys = reporter()
        self.files = 0

    def import_at(self, desk: Desk) -> Outcome:
        path = self.portal.export(desk=desk.name)
        return import_bundle(desk, path, self.channels, Trust(self.portal.keys.public_key))

    def say(self, text: str, **more: Any) -> None:
        """The reporter writes once more, and it comes to the first desk."""
        self.portal.file(draft(text, channel="travel", **more), self.keys, more.get("files", ()))
        self.import_at(self.desk)

    @property
    def case(self) -> cases.Case:
        return cases.find(self.desk.casebook, "2026-0001")

    def hand_over(self, **more: Any) -> tuple[HandedOver, Path]:
        self.files += 1
        out = self.folder / f"transfer-{self.files}.age"
        recipients = read_recipients(self.other.folder.public / "stopline.recipients")
        return transfer(self.desk, self.case, "stopline", recipients, out, **more), out

    def take(self, path: Path) -> Received:
        return receive(self.other, path, self.desk.keyring.verify_key, self.channels)


def note(desk: Desk, case: cases.Case, text: str) -> None:
    desk.casebook.run(
        "INSERT INTO notes (case_id, person, at, text) VALUES (?, ?, ?, ?)",
        case.id,
        "anna",
        "2026-11-26T09:00:00Z",
        text,
    )


def plain(desk: Desk, sha256: bytes) -> bytes:
    """The sealed item with this SHA-256, opened by its desk."""
    return b"".join(decrypt(desk.keyring.opening(), [desk.folder.sealed(sha256).read_bytes()]))


def manifest_of(world: World, path: Path) -> tuple[Transfer, list[bytes]]:
    """What a transfer to the other desk holds: its manifest, and its items as age files."""
    reader = Reader(decrypt(world.other.keyring.opening(), [path.read_bytes()]), world.desk.keyring.verify_key)
    return reader.manifest, [b"".join(pieces) for _, pieces in reader.items()]
