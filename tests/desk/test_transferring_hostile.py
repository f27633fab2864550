"""What a hostile desk, or whoever holds its key, may send: it is refused as a whole."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import minisign
import msgspec
import pytest

from portal import archive, canonical, parcel, report
from portal.age import HybridIdentity, encrypt
from portal.desk import cases
from portal.desk.receiving import receive
from portal.desk.transfer_archive import Transfer
from portal.errors import DeskError, Refused
from tests.desk.played import contents, draft
from tests.desk.two_desks import World, manifest_of, plain


def sealed(world: World, path: Path, data: bytes, items: list[tuple[str, bytes]], end: bytes = b"") -> None:
    """A transfer with any manifest and any members, signed by the first desk."""
    signature = bytes(world.desk.keyring.signing_key.sign(data)) + b"\n"
    members = [("manifest.json", data), ("manifest.json.minisig", signature), *items]
    pieces = [piece for name, content in members for piece in archive.member(name, len(content), [content])]
    pieces += [bytes(archive.END_BYTES), end]
    path.write_bytes(b"".join(encrypt([world.other.keyring.recipient], pieces)))


def changed(**changes: Any) -> Callable[[Transfer], Transfer]:
    return lambda value: msgspec.structs.replace(value, **changes)


def log_changed(**changes: Any) -> Callable[[Transfer], Transfer]:
    return lambda value: msgspec.structs.replace(
        value, log=[msgspec.structs.replace(value.log[0], **changes), *value.log[1:]]
    )


def given_changed(**changes: Any) -> Callable[[Transfer], Transfer]:
    def change(value: Transfer) -> Transfer:
        first = value.answers[0]
        other = msgspec.structs.replace(first, reply=msgspec.structs.replace(first.reply, **changes))
        return msgspec.structs.replace(value, answers=[other, *value.answers[1:]])

    return change


HOSTILE: dict[str, tuple[Callable[[Transfer], Transfer], str]] = {
    "for another desk": (changed(to="ecpat"), "for the desk ecpat"),
    "of another portal": (changed(site="0" * 32), "does not know"),
    "of no portal": (changed(site=None), "does not know"),
    "another thread": (changed(locator="0" * 64), "another thread"),
    "another case's log": (changed(case="2026-0009"), "another case"),
    "no keys": (changed(keys=[]), "not signed by a key"),
    "a key that is none": (changed(keys=["none"]), "a key that is none"),
    "a log of other words": (log_changed(details='{"item":"x"}'), "says was changed"),
    "a log by halves": (log_changed(salt=None), "by halves"),
    "a log that is no JSON": (log_changed(entry="{"), "entry of the log"),
    "a log with a bad signature": (log_changed(signature="x"), "not signed by a key"),
    "a log of a lone surrogate": (log_changed(entry="\\ud800"), "entry of the log"),
    "log out of order": (lambda v: msgspec.structs.replace(v, log=v.log[::-1]), "not in order"),
    "items out of order": (lambda v: msgspec.structs.replace(v, items=v.items[::-1]), "not in order"),
    "an item too few": (lambda v: msgspec.structs.replace(v, items=v.items[:1]), "more than its manifest"),
    "answers twice": (lambda v: msgspec.structs.replace(v, answers=v.answers * 2), "twice"),
    "an answer too long": (given_changed(text="x" * 4_001), "longer than one may be"),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_manifest_is_refused_as_a_whole(world: World, what: str) -> None:
    change, sentence = HOSTILE[what]
    _, path = world.hand_over(notes=True)
    value, items = manifest_of(world, path)
    value_changed = change(value)
    names = [f"items/{item.id}.age" for item in value.items]
    sealed(world, path, canonical.dumps(value_changed), list(zip(names, items, strict=True)))
    refused(world, path, sentence)


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("not canonical", "manifest.json"),
        ("another format", "manifest.json"),
        ("changed item", "SHA-256"),
        ("item of another name", "not what the manifest says"),
        ("item missing", "not what the manifest says"),
        ("something after the end", "end"),
        ("a report.json first", "not a transfer"),
        ("cut", "damaged"),
        ("item to a third", "not acceptable"),
    ],
)
def test_a_hostile_archive_is_refused_as_a_whole(world: World, what: str, sentence: str) -> None:
    _, path = world.hand_over()
    value, items = manifest_of(world, path)
    data = canonical.dumps(value)
    named = [(f"items/{item.id}.age", content) for item, content in zip(value.items, items, strict=True)]
    match what:
        case "not canonical":
            sealed(world, path, data + b" ", named)
        case "another format":
            sealed(world, path, data.replace(b"portevoix/transfer/1", b"portevoix/transfer/2"), named)
        case "changed item":
            sealed(world, path, data, [(n, c[:-1] + bytes([c[-1] ^ 1])) for n, c in named])
        case "item of another name":
            sealed(world, path, data, [("items/" + "0" * 64 + ".age", c) for _, c in named])
        case "item missing":
            sealed(world, path, data, named[:1])
        case "something after the end":
            sealed(world, path, data, named, end=b"\0" * 512)
        case "a report.json first":
            path.write_bytes(
                b"".join(encrypt([world.other.keyring.recipient], archive.member("report.json", 1, [b"x"])))
            )
        case "cut":
            path.write_bytes(path.read_bytes()[:-1])
        case "item to a third":
            stranger = HybridIdentity.generate().recipient
            content = b"".join(
                encrypt([stranger], [plain(world.desk, cases.messages(world.desk.casebook, world.case)[0].sha256)])
            )
            item = msgspec.structs.replace(
                value.items[0], sha256=hashlib.sha256(content).hexdigest(), size=len(content)
            )
            value = msgspec.structs.replace(value, items=[item, *value.items[1:]])
            sealed(world, path, canonical.dumps(value), [(named[0][0], content), *named[1:]])
    refused(world, path, sentence)


def refused(world: World, path: Path, sentence: str) -> None:
    before = contents(world.other.casebook)
    files = sorted(world.other.folder.sealed_items.iterdir())
    with pytest.raises(DeskError, match=sentence):
        world.take(path)
    assert contents(world.other.casebook) == before
    assert sorted(world.other.folder.sealed_items.iterdir()) == files


def test_a_transfer_by_an_unknown_hand(world: World) -> None:
    _, path = world.hand_over()
    with pytest.raises(Refused, match="not signed by the key"):
        receive(world.other, path, minisign.KeyPair.generate().public_key, world.channels)
    with pytest.raises(Refused, match="not sealed to this desk"):
        receive(world.desk, path, world.desk.keyring.verify_key, world.channels)
    path.write_bytes(b"no age file")
    with pytest.raises(DeskError, match="damaged"):
        world.take(path)


def test_a_second_item_under_a_known_id(world: World) -> None:
    """The thread's own keys sign two different reports under one id, and the first is kept."""
    _, path = world.hand_over()
    world.take(path)
    value, items = manifest_of(world, path)
    said = draft("Another story.", channel="travel")
    body = canonical.dumps(
        msgspec.json.decode(report.complete(said, world.keys, bytes(32), "2026-11-25")) | {"id": value.items[0].id}
    )
    content = b"".join(encrypt([world.other.keyring.recipient], parcel.pack(body, report.sign(body, world.keys), "x")))
    item = msgspec.structs.replace(value.items[0], sha256=hashlib.sha256(content).hexdigest(), size=len(content))
    value = msgspec.structs.replace(value, items=[item, *value.items[1:]])
    names = [f"items/{one.id}.age" for one in value.items]
    sealed(world, path, canonical.dumps(value), list(zip(names, [content, *items[1:]], strict=True)))
    refused(world, path, "same id")


def test_only_news_of_a_case_that_is_not_here(world: World) -> None:
    _, path = world.hand_over()
    value, _ = manifest_of(world, path)
    sealed(world, path, canonical.dumps(msgspec.structs.replace(value, items=[])), [])
    refused(world, path, "--whole")
