"""One of every command of `desk`, in an order in which each has something to do."""

import io
from collections.abc import Iterator
from pathlib import Path

import minisign
from PIL import Image

from portal.age import HybridIdentity
from portal.desk import portals
from tests.desk.played import PlayedPortal, draft, reporter

Line = list[str | None]
"""A file for what the command prints (or None), then its words."""


def working_days(root: Path, other: Path, portal: PlayedPortal, passphrase: Path, folder: Path) -> Iterator[Line]:
    """The lines of a caseworker of the desk at `root` (police), and of a colleague at `other` (stopline)."""
    key = HybridIdentity.generate()
    made = {name: folder / name for name in ("text", "key", "new.pub", "lines")}
    made["text"].write_text("Where was that?")
    made["key"].write_text(str(key))

    def at(desk: Path, command: str, *words: object, out: Path | None = None) -> Line:
        return plain(command, desk, *words, "--passphrase-file", passphrase, out=out)

    def plain(*words: object, out: Path | None = None) -> Line:
        return [str(out) if out else None, *map(str, words)]

    yield at(other, "import", portal.export(desk="stopline"), "--portal-key", portal.key_file)
    for bundle in _bundles(portal):
        yield at(root, "import", bundle, "--portal-key", portal.key_file)
    yield at(folder / "made", "init", "--desk", "ecpat")
    for command in ("key", "list", "people", "settings", "template", "retention", "handover", "log"):
        yield at(root, command)
    for command in ("show", "links", "notes", "review", "hold", "release"):
        yield at(root, command, "2026-0001")
    yield at(root, "search", "pool")
    yield at(root, "person", "Nobody Known")
    yield at(root, "stats", "--pdf", folder / "stats.pdf")
    yield at(root, "extract", "2026-0001", 1, folder / "extracted")
    yield at(root, "clean", "2026-0001", 1, folder / "cleaned")

    yield at(root, "note", "2026-0001", "--text-file", made["text"])
    yield at(root, "assign", "2026-0001", "default")
    yield at(root, "tag", "2026-0001", "seen")
    yield at(root, "merge", "2026-0003", "2026-0002")
    yield at(root, "unmerge", "2026-0003")
    yield at(root, "reply", "2026-0001", "--status", "question", "--text-file", made["text"])
    yield at(root, "withdraw", "2026-0001")
    yield at(root, "status", "under-review", "2026-0002", "2026-0003", "--template")
    yield at(root, "add", "--channel", "other", "--text-file", made["text"])
    yield at(root, "authority", "add", "lab", "--title", "Laboratory", "--recipient", key.recipient)
    formats = "pdf,json,urls,cybertip,case"
    yield at(root, "refer", "2026-0001", folder / "referral", "--to", "police", "--attachments", "--format", formats)
    yield at(root, "refer", "2026-0001", folder / "referral.age", "--to", "lab", "--sealed")
    yield at(root, "quarantine", "2026-0001", 2, folder / "away.age", "--to", "lab")
    handed, recipients = folder / "handed.age", other / "public" / "stopline.recipients"
    yield at(root, "transfer", "2026-0002", handed, "--to", "stopline", "--recipients", recipients)
    yield at(other, "receive", handed, "--from-key", root / "public" / "police.pub")

    places = folder / "backups"
    places.mkdir()
    yield at(root, "backup-place", places, "--to", key.recipient)
    yield at(root, "backup", folder / "backup.age", "--to", key.recipient)
    yield plain("backup-check", folder / "backup.age", "-i", made["key"])
    yield plain(
        "restore", folder / "backup.age", folder / "restored", "-i", made["key"], "--passphrase-file", passphrase
    )
    yield at(root, "pack", folder / "pack.tar")
    new = minisign.KeyPair.generate().public_key
    made["new.pub"].write_bytes(bytes(new) + b"\n")
    yield at(root, "trust", "--portal-key", made["new.pub"], "--words", portals.words(new))
    yield at(root, "purge", "2026-0004", "--yes")
    yield at(root, "verify")

    yield at(root, "add-person", "anna", "--new-passphrase-file", passphrase)
    yield at(root, "paper", out=made["lines"])
    yield plain("paper-check", root, made["lines"])
    yield plain("recover", root, made["lines"], "--passphrase-file", passphrase)
    yield at(root, "remove-person", "anna")
    yield at(root, "rotate")
    yield at(root, "passphrase", "--new-passphrase-file", passphrase)
    yield at(folder / "demo", "demo", "--reports", "2")
    yield plain("completions", "bash")


def _bundles(portal: PlayedPortal) -> Iterator[Path]:
    """2026-0001 has two attachments, and is alone in the first bundle, since cases are numbered by random ids."""
    picture = io.BytesIO()
    Image.new("RGB", (8, 8)).save(picture, "PNG")
    files = [picture.getvalue(), b"text"]
    portal.file(draft("A man at the pool.", channel="travel", files=files), reporter(), files)
    yield portal.export()
    for _ in range(3):
        portal.file(draft("The same."))
    yield portal.export()
