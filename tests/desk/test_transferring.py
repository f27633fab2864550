"""A thread goes from desk to desk: whole, provable, and the reporter has nothing to redo."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import minisign
import msgspec
import pytest

from portal import archive, bundle, canonical, parcel, report
from portal.age import HybridIdentity, armor, decrypt, encrypt
from portal.desk import cases, custody, origins, other_desks, sealing_away, session
from portal.desk.adding import Told, add
from portal.desk.authorities import Authority
from portal.desk.importing import import_bundle
from portal.desk.other_desks import read_recipients
from portal.desk.portals import Trust
from portal.desk.receiving import receive
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.desk.transfer_archive import Reader, Transfer, write
from portal.desk.transferring import handed_to, to_carry, transfer
from portal.errors import DeskError, Refused
from portal.receipt import ThreadKeys
from portal.report import Reply
from tests.desk.conftest import PASSPHRASE
from tests.desk.played import contents, draft, reporter
from tests.desk.test_crash import steps
from tests.desk.two_desks import World, note


def plain(desk: Desk, sha256: bytes) -> bytes:
    return b"".join(decrypt(desk.keyring.opening(), [desk.folder.sealed(sha256).read_bytes()]))


def test_the_whole_thread_arrives(world: World) -> None:
    handed, path = world.hand_over(notes=True)
    assert (handed.items, handed.answers, handed.notes, handed.left) == (2, 2, 1, 0)
    received = world.take(path)
    assert (received.case, received.desk, received.new) == ("2026-0002", "police", True)
    assert (received.items, received.answers, received.notes) == (2, 2, 1)
    case = cases.find(world.other.casebook, "2026-0002")
    assert (case.channel, case.status) == ("travel", "received")
    there, here = cases.messages(world.desk.casebook, world.case), cases.messages(world.other.casebook, case)
    assert [message.raw for message in here] == [message.raw for message in there]
    for mine, theirs in zip(here, there, strict=True):
        assert mine.sha256 != theirs.sha256
        assert plain(world.other, mine.sha256) == plain(world.desk, theirs.sha256)
    given = [answer.reply for answer in cases.answers(world.other.casebook, case)]
    assert given == [answer.reply for answer in cases.answers(world.desk.casebook, world.case)]
    assert world.other.casebook.all("SELECT person, text FROM notes") == [("anna", "[police] Seen before?")]
    originals = {row[0] for row in world.other.casebook.all("SELECT original FROM received_items")}
    assert originals == {message.sha256 for message in there}


def test_notes_stay_unless_they_are_handed_over(world: World) -> None:
    handed, path = world.hand_over()
    assert handed.notes == 0
    assert world.take(path).notes == 0


def test_the_reporter_is_told_and_writes_to_the_other_desk(world: World) -> None:
    handed, _ = world.hand_over()
    assert handed.told is not None
    assert (handed.told.status, handed.told.follow_up, handed.told.number) == ("forwarded-stopline", ["stopline"], 2)
    assert "passed on to: stopline" in handed.told.text
    assert cases.find(world.desk.casebook, "2026-0001").status == "forwarded-stopline"
    assert opened(world.desk, world.keys)[-1] == handed.told


def test_the_caseworker_may_say_it_otherwise(world: World) -> None:
    handed, _ = world.hand_over(text="They know more.")
    assert handed.told is not None
    assert handed.told.text == "They know more."


def test_the_other_desk_answers_the_same_reporter_in_order(world: World) -> None:
    _, path = world.hand_over()
    received = world.take(path)
    case = cases.find(world.other.casebook, received.case)
    answer = reply(world.other, case, "under-review", "We read on.", ["stopline"], world.other.today)
    replies = [*opened(world.desk, world.keys), *opened(world.other, world.keys)]
    assert [one.number for one in replies] == [1, 2, 3]
    newest = max(replies, key=lambda one: (one.day, one.number))
    assert newest == answer
    assert (newest.desk, newest.follow_up) == ("stopline", ["stopline"])


def opened(desk: Desk, keys: ThreadKeys) -> list[Reply]:
    """What the reporter reads of a desk's answers, which it still has sealed."""
    sealed = desk.casebook.all("SELECT sealed FROM replies WHERE sealed IS NOT NULL ORDER BY number")
    return [report.read_reply(parcel.unpack_reply(decrypt([keys.identity], [one]))) for (one,) in sealed]


def test_the_log_goes_with_it_and_still_proves_itself(world: World) -> None:
    _, path = world.hand_over()
    received = world.take(path)
    rows = world.other.casebook.all("SELECT number, entry, signature, key, salt, details FROM received_log")
    acts = [msgspec.json.decode(row[1])["act"] for row in rows]
    assert acts == ["imported", "replied", "imported", "replied"]
    assert received.entries == len(rows)
    for _, entry, signature, key, _, _ in rows:
        minisign.PublicKey.from_base64(key).verify(entry, minisign.Signature.from_bytes(signature.encode()))
    assert [record.entry.act for record in custody.records(world.desk.casebook)][-1] == "transferred"
    assert [record.entry.act for record in custody.records(world.other.casebook)][-1] == "received"
    assert handed_to(world.desk.casebook, world.case) == [("stopline", world.desk.today.isoformat())]


def test_the_same_transfer_again_changes_nothing(world: World) -> None:
    _, path = world.hand_over(notes=True)
    world.take(path)
    before = (contents(world.other.casebook), list(custody.records(world.other.casebook)))
    again = world.take(path)
    assert (again.new, again.items, again.answers, again.notes, again.entries) == (False, 0, 0, 0, 0)
    assert (contents(world.other.casebook), list(custody.records(world.other.casebook))) == before


def test_late_messages_are_carried_the_same_way(world: World) -> None:
    _, path = world.hand_over(notes=True)
    world.take(path)
    assert to_carry(world.desk.casebook) == []
    with pytest.raises(DeskError, match="Nothing new has come"):
        world.hand_over()
    world.say("One more thing.", kind="message")
    assert to_carry(world.desk.casebook) == [("2026-0001", "stopline")]
    note(world.desk, world.case, "Late.")
    handed, path = world.hand_over(notes=True)
    assert (handed.items, handed.notes, handed.told) == (1, 1, None)
    received = world.take(path)
    assert (received.new, received.items, received.answers, received.notes) == (False, 1, 0, 1)
    case = cases.find(world.other.casebook, received.case)
    assert [m.report.narrative for m in cases.messages(world.other.casebook, case)] == [
        "A hotel.",
        "The big one.",
        "One more thing.",
    ]
    assert to_carry(world.desk.casebook) == []


def test_a_transfer_that_was_lost_is_made_whole_once_more(world: World) -> None:
    world.hand_over(notes=True)
    world.say("One more thing.", kind="message")
    _, late = world.hand_over()
    received = world.take(late)
    assert (received.new, received.items) == (True, 1)
    handed, path = world.hand_over(whole=True, notes=True)
    assert (handed.items, handed.notes, handed.told) == (3, 1, None)
    received = world.take(path)
    assert (received.new, received.items, received.notes) == (False, 2, 1)


def test_and_back_again(world: World) -> None:
    """The other desk hands it back: nothing is doubled at the first one."""
    _, path = world.hand_over()
    received = world.take(path)
    case = cases.find(world.other.casebook, received.case)
    reply(world.other, case, "under-review", "", ["stopline"], world.other.today)
    back = world.folder / "back.age"
    handed = transfer(world.other, case, "police", [world.desk.keyring.recipient], back)
    assert handed.told is not None
    assert handed.told.number == 4
    again = receive(world.desk, back, world.other.keyring.verify_key, world.channels)
    assert (again.case, again.new, again.items, again.answers) == ("2026-0001", False, 0, 2)
    numbers = [answer.reply.number for answer in cases.answers(world.desk.casebook, world.case)]
    assert numbers == [1, 2, 3, 4]


def test_a_report_by_phone_is_handed_over_too(world: World) -> None:
    case = add(world.desk, Told("other", "phone", "Somebody called."), world.channels)
    out = world.folder / "phone.age"
    handed = transfer(world.desk, case, "stopline", [world.other.keyring.recipient], out)
    assert handed.told is None
    received = world.take(out)
    there = cases.find(world.other.casebook, received.case)
    assert origins.source(world.other.casebook, there) == "phone"
    with pytest.raises(DeskError, match="no mailbox"):
        reply(world.other, there, "under-review", "", ["stopline"], world.other.today)


def test_recipients_are_given_once(world: World) -> None:
    with pytest.raises(DeskError, match=r"stopline\.recipients this once"):
        other_desks.known(world.desk.casebook, "stopline")
    transfer(world.desk, world.case, "stopline", [world.other.keyring.recipient], world.folder / "once.age")
    assert list(map(str, other_desks.known(world.desk.casebook, "stopline"))) == [str(world.other.keyring.recipient)]
    assert other_desks.are_known(world.desk.casebook) == ["stopline"]


def test_an_armored_transfer(world: World) -> None:
    _, path = world.hand_over()
    path.write_bytes(b"".join(armor([path.read_bytes()])))
    assert world.take(path).items == 2


def test_what_cannot_be_handed_over(world: World) -> None:
    recipients = [world.other.keyring.recipient]
    out = world.folder / "out"
    for name, sentence in (("police", "own name"), ("Stop line", "small letters")):
        with pytest.raises(DeskError, match=sentence):
            transfer(world.desk, world.case, name, recipients, out)
    for path in world.desk.folder.sealed_items.iterdir():
        path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(DeskError, match="damaged"):
        transfer(world.desk, world.case, "stopline", recipients, out)
    for path in world.desk.folder.sealed_items.iterdir():
        path.unlink()
    with pytest.raises(DeskError, match="missing"):
        transfer(world.desk, world.case, "stopline", recipients, out)
    assert not out.exists()
    # The reporter was told once, however often it was tried.
    assert len(cases.answers(world.desk.casebook, world.case)) == 2


@pytest.mark.parametrize("content", ["", "age1nobody", "age1" + "q" * 58, "\xff"])
def test_recipients_that_are_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "x.recipients").write_text(content, "latin-1")
    with pytest.raises(DeskError):
        read_recipients(tmp_path / "x.recipients")


# What a hostile desk, or whoever holds its key, may send.


def manifest_of(world: World, path: Path) -> tuple[Transfer, list[bytes]]:
    reader = Reader(decrypt(world.other.keyring.opening(), [path.read_bytes()]), world.desk.keyring.verify_key)
    return reader.manifest, [b"".join(pieces) for _, pieces in reader.items()]


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


def test_the_thread_came_to_both_desks(world: World) -> None:
    """A report that both desks read: its case at the other desk takes what is new."""
    world.portal.waiting.clear()
    world.portal.recipients = [world.desk.keyring.recipient, world.other.keyring.recipient]
    keys = reporter()
    world.portal.file(draft("for both", channel="travel"), keys)
    world.import_at(world.desk)
    world.import_at(world.other)
    here = cases.listed(world.desk.casebook)[-1]
    out = world.folder / "both.age"
    transfer(world.desk, here, "stopline", [world.other.keyring.recipient], out)
    received = world.take(out)
    assert (received.new, received.items, received.answers) == (False, 0, 1)


def test_a_portal_is_the_one_by_its_key(world: World) -> None:
    _, path = world.hand_over()
    value, _ = manifest_of(world, path)
    assert value.site == bundle.site(world.portal.keys.public_key)
    assert (value.desk, value.to, value.case, value.source) == ("police", "stopline", "2026-0001", "")


def test_a_receive_that_is_killed(world: World, other_root: Path, new_other: Path) -> None:
    """At every step there is nothing of the transfer, or all; the same command again makes it whole."""
    _, path = world.hand_over(notes=True)
    key = world.desk.keyring.verify_key
    bundle_path = world.folder / "bundle-1.tar"
    root = world.folder / "again"
    first = world.folder / "first"
    shutil.copytree(new_other, first)
    with session.open_desk(first, PASSPHRASE, writing=True) as desk:
        import_bundle(desk, bundle_path, world.channels, Trust(world.portal.keys.public_key))

    def fresh() -> None:
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(first, root)

    def work() -> None:
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            receive(desk, path, key, world.channels)

    points = 0
    for step in steps(work, fresh):
        with session.open_desk(root, PASSPHRASE, writing=True) as desk:
            assert len(cases.listed(desk.casebook)) in (1, 2)
            receive(desk, path, key, world.channels)
            found = cases.messages(desk.casebook, cases.find(desk.casebook, "2026-0002"))
            assert len(found) == 2, step
            assert all(desk.folder.sealed(message.sha256).is_file() for message in found)
            assert len(list(desk.folder.sealed_items.iterdir())) == 3
            log = [record.entry.act for record in custody.records(desk.casebook)]
            assert log.count("received") == 1
        points += 1
    assert points > 5


def test_one_who_writes_too_much(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.limits.TRANSFER_ITEMS", 1)
    handed, path = world.hand_over()
    assert (handed.items, handed.left) == (1, 1)
    world.take(path)
    handed, path = world.hand_over()
    assert (handed.items, handed.left) == (1, 0)
    assert world.take(path).items == 1


def test_what_is_written_is_read(world: World) -> None:
    _, path = world.hand_over(notes=True)
    value, items = manifest_of(world, path)
    data = b"".join(write(value, world.desk.keyring.signing_key, [[item] for item in items]))
    reader = Reader([data[at : at + 1000] for at in range(0, len(data), 1000)], world.desk.keyring.verify_key)
    assert reader.manifest == value
    assert [b"".join(content) for _, content in reader.items()] == items


def seal_away_first(world: World) -> None:
    to = Authority("police", "Police", police=True, recipient=str(HybridIdentity.generate().recipient))
    sealing_away.seal_away(world.desk, world.case, 1, to, world.folder / "handed.age")


def test_an_item_whose_attachment_was_sealed_away_stays(world: World) -> None:
    seal_away_first(world)
    with pytest.raises(DeskError, match="make a referral instead"):
        world.hand_over()
    assert handed_to(world.desk.casebook, world.case) == []


def test_what_comes_after_it_still_goes_if_the_thread_went_before(world: World) -> None:
    world.take(world.hand_over()[1])
    seal_away_first(world)
    world.say("And this.", kind="message")
    handed, path = world.hand_over()
    assert handed.items == 1
    assert world.take(path).items == 1
    with pytest.raises(DeskError, match="make a referral instead"):
        world.hand_over(whole=True)
