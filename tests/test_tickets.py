import base64
import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal import limits, receipt, tickets
from portal.errors import CapsuleExpired, TicketExpired
from portal.receipt import ThreadKeys
from portal.tickets import Seals
from tests.clock import Clock

VISITOR, OTHER = bytes(32), bytes([1]) * 32
KEYS = ThreadKeys(bytes([1]) * 32, bytes([2]) * 32, bytes([3]) * 32)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def seals(clock: Clock) -> Seals:
    return Seals(bytes(32), [b"s" * 32], clock)


@pytest.mark.parametrize("language", ["en", "fr", "de", "lb", "pt", "xx"])
def test_a_ticket_opens(seals: Seals, language: str) -> None:
    ticket = seals.open_ticket(seals.issue_ticket(language))
    assert ticket.day == date(2026, 11, 25)
    assert ticket.word_list == receipt.LIST_OF_LANGUAGE.get(language, "english")


def test_days_of_a_ticket(seals: Seals, clock: Clock) -> None:
    text = seals.issue_ticket("en")
    ages = []
    for _ in range(3):
        ages.append(seals.is_fresh(seals.open_ticket(text)))
        clock.forward(days=1)
    assert ages == [True, True, False]
    with pytest.raises(TicketExpired):
        seals.open_ticket(text)


@given(st.text(max_size=300))
def test_what_never_was_a_ticket(text: str) -> None:
    with pytest.raises(TicketExpired):
        Seals(bytes(32), [b"s" * 32], Clock()).open_ticket(text)


def test_a_changed_ticket_is_refused(seals: Seals) -> None:
    text = seals.issue_ticket("en")
    for at in range(len(text)):
        changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
        with pytest.raises(TicketExpired):
            seals.open_ticket(changed)


def test_a_receipt_takes_cookie_ticket_and_secret_together(seals: Seals, clock: Clock) -> None:
    ticket = seals.open_ticket(seals.issue_ticket("en"))
    entropy = seals.entropy(VISITOR, ticket)
    assert entropy == seals.entropy(VISITOR, ticket)
    assert entropy != seals.entropy(OTHER, ticket)
    assert entropy != seals.entropy(VISITOR, seals.open_ticket(seals.issue_ticket("en")))
    assert entropy != Seals(bytes([9]) * 32, [b"s" * 32], clock).entropy(VISITOR, ticket)


@pytest.mark.parametrize("language", ["en", "fr", "pt"])
def test_no_receipt_has_a_word_that_hurts(seals: Seals, language: str) -> None:
    for _ in range(200):
        ticket = seals.open_ticket(seals.issue_ticket(language))
        assert receipt.is_allowed(seals.entropy(VISITOR, ticket), ticket.word_list)


def test_csrf_tokens(seals: Seals, clock: Clock) -> None:
    token = seals.csrf_token(VISITOR)
    assert seals.is_csrf_token(VISITOR, token)
    clock.forward(days=300)
    assert seals.is_csrf_token(VISITOR, token)
    for visitor, text in [(OTHER, token), (VISITOR, ""), (VISITOR, token + "="), (VISITOR, "é"), (VISITOR, token[:-1])]:
        assert not seals.is_csrf_token(visitor, text)


def test_session_secrets_are_replaced_with_overlap(clock: Clock) -> None:
    old = Seals(bytes(32), [b"o" * 32], clock)
    both = Seals(bytes(32), [b"n" * 32, b"o" * 32], clock)
    assert both.is_csrf_token(VISITOR, old.csrf_token(VISITOR))
    assert both.open_ticket(old.issue_ticket("en"))
    ticket = old.open_ticket(old.issue_ticket("fr"))
    assert both.is_proof_of_filing(VISITOR, ticket, old.proof_of_filing(VISITOR, ticket))
    assert both.entropy(VISITOR, ticket) == old.entropy(VISITOR, ticket)
    with pytest.raises(TicketExpired):
        old.open_ticket(both.issue_ticket("en"))


def test_proof_of_filing(seals: Seals) -> None:
    ticket = seals.open_ticket(seals.issue_ticket("en"))
    proof = seals.proof_of_filing(VISITOR, ticket)
    assert seals.is_proof_of_filing(VISITOR, ticket, proof)
    assert not seals.is_proof_of_filing(OTHER, ticket, proof)
    assert not seals.is_proof_of_filing(VISITOR, seals.open_ticket(seals.issue_ticket("en")), proof)


def test_a_capsule_is_useless_without_its_cookie(seals: Seals) -> None:
    text = seals.seal_capsule(VISITOR, seals.new_capsule(KEYS, "travel", ("police",)))
    capsule = seals.open_capsule(VISITOR, text)
    assert (capsule.keys, capsule.channel, capsule.desks) == (KEYS, "travel", ("police",))
    with pytest.raises(CapsuleExpired):
        seals.open_capsule(OTHER, text)
    assert "1" not in repr(capsule)


def test_reading_time_slides_and_ends(seals: Seals, clock: Clock) -> None:
    capsule = seals.new_capsule(KEYS, None, None)
    hours = 0
    while seals.is_readable(capsule):
        capsule = seals.renewed(capsule, new_nonce=False)
        clock.forward(hours=1.5)
        hours += 1.5
    assert hours == 13.5
    still = seals.open_capsule(VISITOR, seals.seal_capsule(VISITOR, capsule))
    assert not seals.is_readable(seals.renewed(still, new_nonce=True))
    text = seals.seal_capsule(VISITOR, seals.renewed(still, new_nonce=True))
    clock.forward(hours=4.4)
    assert seals.open_capsule(VISITOR, text)
    clock.forward(hours=0.2)
    with pytest.raises(CapsuleExpired):
        seals.open_capsule(VISITOR, text)


def test_an_idle_capsule_ends_after_two_hours_and_six_more(seals: Seals, clock: Clock) -> None:
    text = seals.seal_capsule(VISITOR, seals.new_capsule(KEYS, None, None))
    clock.forward(seconds=limits.MAILBOX_SECONDS + 1)
    assert not seals.is_readable(seals.open_capsule(VISITOR, text))
    clock.forward(seconds=limits.MAILBOX_GRACE_SECONDS)
    with pytest.raises(CapsuleExpired):
        seals.open_capsule(VISITOR, text)


def test_the_message_nonce_changes_only_when_told(seals: Seals) -> None:
    capsule = seals.new_capsule(KEYS, None, None)
    assert seals.renewed(capsule, new_nonce=False).nonce == capsule.nonce
    assert seals.renewed(capsule, new_nonce=True).nonce != capsule.nonce


def test_nothing_that_is_given_out_holds_a_clock(seals: Seals, clock: Clock) -> None:
    ticket_text = seals.issue_ticket("en")
    ticket = seals.open_ticket(ticket_text)
    given_out = [
        tickets.visitor_text(tickets.new_visitor()),
        seals.csrf_token(VISITOR),
        ticket_text,
        seals.proof_of_filing(VISITOR, ticket),
        seals.seal_capsule(VISITOR, seals.new_capsule(KEYS, None, None)),
    ]
    now = int(clock().timestamp())
    for text in given_out:
        assert re.fullmatch(r"[A-Za-z0-9_-]+", text)
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        numbers = {int.from_bytes(data[at : at + 4]) for at in range(len(data) - 3)}
        assert not any(abs(number - now) < 3600 for number in numbers)
        assert str(now)[:6].encode() not in data


@given(st.text(max_size=60))
def test_cookies_that_are_not_ours(text: str) -> None:
    visitor = tickets.parse_visitor(text)
    assert visitor is None or tickets.visitor_text(visitor) == text
