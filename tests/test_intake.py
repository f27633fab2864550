import gc
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal import intake, receipt
from portal.errors import Busy, CapsuleExpired, ParcelError, ReportError, StoreFull, StoreUnavailable, TicketExpired
from portal.intake import NobodyReads
from portal.store import sqlite_url
from tests.intake_world import VISITOR, World, message, message_with, reply
from tests.postgres import Server

OTHER = bytes([1]) * 32


@pytest.fixture(params=["sqlite", "postgresql"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "sqlite":
        made = World(sqlite_url(tmp_path / "portal.db"), tmp_path)
    else:
        server: Server = request.getfixturevalue("postgres")
        made = World(server.new_database(), tmp_path)
    yield made
    made.store.close()
    gc.collect()


def file(world: World, sent: intake.Message | None = None, ticket: str | None = None) -> list[str]:
    return world.intake.file(VISITOR, ticket or world.seals.issue_ticket("en"), sent or message()).words


def test_a_report_reaches_its_desk_and_its_receipt_opens_the_answer(world: World) -> None:
    with message_with([b"picture" * 50_000, b""], "Hôtel à Bangkok") as sent:
        words = file(world, sent)
    [(report, files)] = world.desks["police"].read(world.store)
    assert (report.narrative, files) == ("Hôtel à Bangkok", [b"picture" * 50_000, b""])
    assert world.intake.enter(VISITOR, " ".join(words)).replies == []
    assert world.pack("police", 1, [(reply(1), report), (reply(2), report)]).result.stored == 2
    mailbox = world.intake.enter(VISITOR, " ".join(words))
    assert [found.text for found in mailbox.replies] == ["Answer 2.", "Answer 1."]
    assert (mailbox.channel, mailbox.desks) == ("travel", ("police",))


def test_a_repeat_gives_the_same_words_and_stores_nothing(world: World) -> None:
    ticket = world.seals.issue_ticket("fr")
    words = file(world, ticket=ticket)
    world.clock.forward(days=1)
    assert file(world, ticket=ticket) == words
    world.clock.forward(days=1)
    assert world.another_process().file(VISITOR, ticket, message()).words == words
    assert len(world.store.waiting("police")) == 1


def test_the_same_ticket_with_other_words_is_a_second_message_of_the_thread(world: World) -> None:
    ticket = world.seals.issue_ticket("en")
    assert file(world, message("One"), ticket) == file(world, message("Two"), ticket)
    reports = [report for report, _ in world.desks["police"].read(world.store)]
    assert sorted(report.narrative for report in reports) == ["One", "Two"]
    assert len({report.locator for report in reports}) == 1


def test_two_equal_posts_at_the_same_instant_give_one_item_and_one_receipt(world: World) -> None:
    ticket = world.seals.issue_ticket("en")
    barrier = threading.Barrier(4)
    answers: list[list[str]] = []

    def post(process: intake.Intake) -> None:
        barrier.wait()
        with message_with([b"x" * 300_000]) as sent:
            answers.append(process.file(VISITOR, ticket, sent).words)

    threads = [threading.Thread(target=post, args=(world.another_process(),)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert answers == [answers[0]] * 4
    assert len(world.desks["police"].read(world.store)) == 1


def test_an_old_ticket_takes_nothing_new_and_loses_nothing(world: World) -> None:
    ticket = world.seals.issue_ticket("en")
    world.clock.forward(days=2)
    with pytest.raises(TicketExpired):
        file(world, ticket=ticket)
    assert world.store.waiting("police") == []


def test_a_ticket_without_its_cookie_gives_another_receipt(world: World) -> None:
    ticket = world.seals.issue_ticket("en")
    words = file(world, ticket=ticket)
    assert world.intake.file(OTHER, ticket, message()).words != words


def test_the_receipt_is_shown_again_only_with_its_proof(world: World) -> None:
    ticket = world.seals.issue_ticket("en")
    filed = world.intake.file(VISITOR, ticket, message())
    assert world.intake.filed(VISITOR, ticket, filed.proof) == filed
    for visitor, proof in [(OTHER, filed.proof), (VISITOR, ""), (VISITOR, filed.proof[:-1])]:
        with pytest.raises(TicketExpired):
            world.intake.filed(visitor, ticket, proof)


def test_a_report_for_two_desks_is_one_item(world: World) -> None:
    file(world, message("It happened to me.", channel="self", desks=("police", "ecpat")))
    assert [len(desk.read(world.store)) for desk in world.desks.values()] == [1, 1]
    assert world.store.waiting("police") == world.store.waiting("ecpat")


@pytest.mark.parametrize(
    ("channel", "kept", "fallback", "desks"),
    [
        ("travel", [], None, ("police",)),
        ("self", ["police"], None, ("ecpat",)),
        ("travel", ["police"], "ecpat", ("ecpat",)),
        ("travel", ["ecpat"], "ecpat", ("police",)),
        ("travel", ["police"], None, None),
        ("other", ["ecpat"], "ecpat", None),
    ],
)
def test_readers(
    tmp_path: Path, channel: str, kept: list[str], fallback: str | None, desks: tuple[str, ...] | None
) -> None:
    world = World(sqlite_url(tmp_path / "portal.db"), tmp_path, fallback)
    if desks is None:
        with pytest.raises(NobodyReads):
            world.intake.readers(channel, kept)
    else:
        assert world.intake.readers(channel, kept) == desks
    world.store.close()


def test_follow_ups_belong_to_the_thread_and_repeats_store_nothing(world: World) -> None:
    words = file(world)
    box = world.intake.enter(VISITOR, " ".join(words))
    sent = message("And another thing.", kind="message")
    after = world.intake.send(VISITOR, box.capsule, sent)
    world.intake.send(VISITOR, box.capsule, sent)
    assert len(world.store.waiting("police")) == 2
    world.intake.send(VISITOR, after.capsule, sent)
    reports = [report for report, _ in world.desks["police"].read(world.store)]
    assert sorted(report.kind for report in reports) == ["message", "message", "report"]
    assert len({report.locator for report in reports}) == 1


def test_opening_changes_nothing_and_deleting_deletes(world: World) -> None:
    words = file(world)
    [(report, _)] = world.desks["police"].read(world.store)
    world.pack("police", 1, [(reply(1), report), (reply(2), report)])
    box = world.intake.enter(VISITOR, " ".join(words))
    box = world.intake.look(VISITOR, box.capsule)
    assert len(box.replies) == 2
    box, deleted = world.intake.delete(VISITOR, box.capsule, [box.replies[0].id, "nonsense", "é" * 32])
    assert ([found.number for found in box.replies], deleted) == ([1], 1)
    box, deleted = world.intake.delete(VISITOR, box.capsule, [reply(1).id])
    assert (box.replies, deleted) == ([], 1)
    assert world.intake.delete(VISITOR, box.capsule, [reply(1).id])[1] == 0
    assert box.desks == ("police",)
    assert world.intake.enter(VISITOR, " ".join(words)).desks is None


def test_a_capsule_without_its_cookie_gives_nothing(world: World) -> None:
    box = world.intake.enter(VISITOR, " ".join(file(world)))
    steps: list[Callable[[], object]] = [
        lambda: world.intake.look(OTHER, box.capsule),
        lambda: world.intake.send(OTHER, box.capsule, message(kind="message")),
        lambda: world.intake.delete(OTHER, box.capsule, []),
    ]
    for step in steps:
        with pytest.raises(CapsuleExpired):
            step()
    assert len(world.store.waiting("police")) == 1


def test_after_its_reading_time_a_capsule_takes_a_message_and_shows_nothing(world: World) -> None:
    words = file(world)
    [(report, _)] = world.desks["police"].read(world.store)
    world.pack("police", 1, [(reply(1), report)])
    box = world.intake.enter(VISITOR, " ".join(words))
    world.clock.forward(hours=3)
    after = world.intake.send(VISITOR, box.capsule, message("Late.", kind="message"))
    assert (after.replies, after.readable) == ([], False)
    assert len(world.store.waiting("police")) == 2
    assert world.intake.delete(VISITOR, box.capsule, [reply(1).id])[1] == 0
    assert len(world.intake.enter(VISITOR, " ".join(words)).replies) == 1


def test_a_thread_that_is_unknown_looks_like_one_without_an_answer(world: World) -> None:
    known = world.intake.enter(VISITOR, " ".join(file(world)))
    unknown = world.intake.enter(VISITOR, " ".join(receipt.encode(bytes(range(10)), "english")))
    assert (known.replies, known.channel, known.desks) == (unknown.replies, unknown.channel, unknown.desks)
    assert len(known.capsule) == len(unknown.capsule)


def test_without_the_receipt_secret_the_words_open_nothing(world: World) -> None:
    words = file(world)
    [(report, _)] = world.desks["police"].read(world.store)
    world.pack("police", 1, [(reply(1), report)])
    world.state = type(world.state)(bytes(32), world.state.session_secrets, world.state.signing_key)
    assert world.another_process().enter(VISITOR, " ".join(words)).replies == []


def test_a_reply_that_does_not_open_is_not_shown(world: World) -> None:
    words = file(world)
    [(report, _)] = world.desks["police"].read(world.store)
    file(world, message("Another thread"), world.seals.issue_ticket("en"))
    [another] = [r for r, _ in world.desks["police"].read(world.store) if r.narrative == "Another thread"]
    moved = type(report)(**{f: getattr(report, f) for f in report.__struct_fields__} | {"recipient": another.recipient})
    assert moved.locator != report.locator
    world.pack("police", 1, [(reply(1), moved), (reply(2), report)])
    assert [found.number for found in world.intake.enter(VISITOR, " ".join(words)).replies] == [2]


def test_a_reply_expires(world: World) -> None:
    words = file(world)
    [(report, _)] = world.desks["police"].read(world.store)
    world.pack("police", 1, [(reply(1), report)])
    world.store.tend("2027-11")
    assert world.intake.enter(VISITOR, " ".join(words)).replies
    world.store.tend("2027-12")
    assert world.intake.enter(VISITOR, " ".join(words)).replies == []


def test_days_of_collection(world: World) -> None:
    assert world.intake.collected() == {"police": None, "ecpat": None}
    world.pack("police", 1, [])
    assert world.intake.collected() == {"police": world.clock().date(), "ecpat": None}


def test_a_report_that_is_too_long_stores_nothing(world: World) -> None:
    with pytest.raises((ReportError, ParcelError)):
        file(world, message("\n" * 40_000))
    assert world.store.waiting("police") == []


def test_without_room_nothing_new_is_stored_and_a_repeat_still_shows_its_words(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = world.seals.issue_ticket("en")
    words = file(world, ticket=ticket)
    monkeypatch.setattr(world, "has_room", lambda attachments: False)
    full = world.another_process()
    assert full.file(VISITOR, ticket, message()).words == words
    with pytest.raises(StoreFull):
        full.file(VISITOR, ticket, message("Something else."))
    assert len(world.store.waiting("police")) == 1


def test_a_busy_portal_says_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake.limits, "FILING_WAIT_SECONDS", 0.01)
    busy = world.another_process()
    with busy._permits.filing(None), busy._permits.filing(None), pytest.raises(Busy):
        busy.file(VISITOR, world.seals.issue_ticket("en"), message())


def test_a_database_that_is_gone(tmp_path: Path, postgres: Server) -> None:
    world = World(postgres.new_database(), tmp_path)
    world.store.close()
    postgres.stop()
    try:
        with pytest.raises(StoreUnavailable):
            file(world)
    finally:
        postgres.start()
    assert file(world)
    world.store.close()
