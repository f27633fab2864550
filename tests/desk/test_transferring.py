"""A thread goes from desk to desk: whole, provable, and the reporter has nothing to redo."""

import shutil
from pathlib import Path

import minisign
import msgspec
import pytest

from portal import bundle, parcel, report
from portal.age import HybridIdentity, armor, decrypt
from portal.desk import cases, custody, origins, other_desks, sealing_away, session
from portal.desk.adding import Told, add
from portal.desk.authorities import Authority
from portal.desk.importing import import_bundle
from portal.desk.other_desks import read_recipients
from portal.desk.portals import Trust
from portal.desk.receiving import receive
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.desk.transfer_archive import Reader, write
from portal.desk.transferring import handed_to, to_carry, transfer
from portal.errors import DeskError
from portal.receipt import ThreadKeys
from portal.report import Reply
from tests.desk.conftest import PASSPHRASE
from tests.desk.played import contents, draft, reporter
from tests.desk.test_crash import steps
from tests.desk.two_desks import World, manifest_of, note, plain


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
