"""File a report, follow it up, open a mailbox, forget a reply: the portal's work, without Flask.

Rules kept here:
- What a reporter sends is stored exactly once: its id is known before it is sealed, and a repeat finds it stored.
- A receipt is handed out only after its report is durably committed.
- Nothing is kept for a reporter: an unknown, an expired and an empty thread cannot be told apart.
- No transaction is open while a client sends, while a key is stretched, or while an item is sealed.
"""

import errno
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from portal import limits, parcel, receipt, report
from portal.age import HybridRecipient, decrypt, encrypt
from portal.channels import Channel
from portal.desks import KeysFolder
from portal.errors import (
    AgeError,
    FormatError,
    IntakeError,
    KeysTooOld,
    ParcelError,
    StoreFull,
    StoreUnavailable,
    TicketExpired,
)
from portal.permits import Permits
from portal.receipt import ThreadKeys
from portal.report import Draft, Reply
from portal.sealing import Sealing
from portal.store import Store
from portal.tickets import Capsule, Seals, Ticket


class NobodyReads(IntakeError):
    """The report is kept from every desk that would read it, and there is no other."""


@dataclass(frozen=True)
class Message:
    """What a reporter sends, on its way in; `text` is its report.txt, `desks` who is to read it.

    `sealing` holds the attachments of `draft`; None if it has none.
    """

    draft: Draft
    text: str
    desks: tuple[str, ...]
    sealing: Sealing | None = None


@dataclass(frozen=True)
class Filed:
    """A stored report: its eight words, and the proof with which its receipt can be shown again."""

    words: list[str] = field(repr=False)
    proof: str = field(repr=False)


@dataclass(frozen=True)
class Mailbox:
    """What the eight words open: replies, the newest first, and where a follow-up goes.

    `desks` is None where no reply says it; the page asks then. `readable` is False in the time when a message is
    still taken but replies are not shown any more.
    """

    replies: list[Reply] = field(repr=False)
    capsule: str = field(repr=False)
    channel: str | None
    desks: tuple[str, ...] | None
    readable: bool


@dataclass(frozen=True)
class Routing:
    """Who reads what: the desks of each channel by its key, and the desk that takes what is kept from all of them."""

    desks: Mapping[str, tuple[str, ...]]
    fallback: str | None = None


class Intake:
    """The portal's work on one store. Thread-safe; several processes may share the store.

    `has_room` says whether there is room for one more report, True asks for one with attachments; a repeat needs none.
    """

    def __init__(
        self,
        store: Store,
        seals: Seals,
        channels: Mapping[str, Channel],
        routing: Routing,
        keys: KeysFolder,
        permits: Permits,
        has_room: Callable[[bool], bool] = lambda attachments: True,
    ) -> None:
        self.channels = channels
        self.seals = seals
        self._store = store
        self._routing = routing
        self._keys = keys
        self._permits = permits
        self._has_room = has_room

    def readers(self, channel: str, keep_from: Sequence[str]) -> tuple[str, ...]:
        """The desks that will read a report in `channel`. Raises NobodyReads if all of them are kept out."""
        desks = tuple(desk for desk in self._routing.desks[channel] if desk not in keep_from)
        fallback = self._routing.fallback
        if not desks and fallback is not None and fallback not in keep_from:
            desks = (fallback,)
        if not desks:
            raise NobodyReads("Nobody is left to read this report: untick a desk, or turn to an independent body.")
        return desks

    def takes_files(self, desks: Sequence[str]) -> bool:
        """Whether files may be sealed to these desks: not to keys that are long past their date."""
        return self._keys.takes_files(desks, self.seals.today())

    def file(self, visitor: bytes, ticket_text: str, message: Message) -> Filed:
        """Store a report and give its receipt; a repeat gives the same receipt and stores nothing.

        Raises TicketExpired, Busy, KeysTooOld, StoreError, or FormatError if the report is too long.
        """
        ticket = self.seals.open_ticket(ticket_text)
        entropy = self.seals.entropy(visitor, ticket)
        with self._permits.filing(None if message.draft.attachments else limits.FILING_WAIT_SECONDS):
            keys = receipt.derive(entropy, self.seals.salt)
        self._store_once(message, keys, ticket.nonce, still_open=self.seals.is_fresh(ticket))
        return self._filed(visitor, ticket)

    def filed(self, visitor: bytes, ticket_text: str, proof: str) -> Filed:
        """The receipt of a report that was filed before. Raises TicketExpired if `proof` does not show that."""
        ticket = self.seals.open_ticket(ticket_text)
        if not self.seals.is_proof_of_filing(visitor, ticket, proof):
            raise TicketExpired(
                "This page belongs to another visit: the report is sent, the words cannot be shown here."
            )
        return self._filed(visitor, ticket)

    def _filed(self, visitor: bytes, ticket: Ticket) -> Filed:
        words = receipt.encode(self.seals.entropy(visitor, ticket), ticket.word_list)
        return Filed(words, self.seals.proof_of_filing(visitor, ticket))

    def enter(self, visitor: bytes, typed: str) -> Mailbox:
        """Open a mailbox with its eight words. Raises ReceiptError, Busy, StoreError."""
        entropies = receipt.decode(typed)
        with self._permits.visit(limits.MAILBOX_WAIT_SECONDS):
            threads = [receipt.derive(entropy, self.seals.salt) for entropy in entropies]
        found = [(keys, self._replies(keys)) for keys in threads]
        keys, replies = next((thread for thread in found if thread[1]), found[0])
        channel, desks = self._follow_up(replies)
        return self._mailbox(visitor, self.seals.new_capsule(keys, channel, desks), replies)

    def look(self, visitor: bytes, capsule_text: str) -> Mailbox:
        """Open a mailbox again with its capsule. Raises CapsuleExpired, StoreError."""
        return self._reopen(visitor, self.seals.open_capsule(visitor, capsule_text), new_nonce=False)

    def send(self, visitor: bytes, capsule_text: str, message: Message) -> Mailbox:
        """Store a follow-up; a repeat stores nothing. Raises CapsuleExpired, StoreError, or FormatError if too long."""
        capsule = self.seals.open_capsule(visitor, capsule_text)
        self._store_once(message, capsule.keys, capsule.nonce, still_open=True)
        return self._reopen(visitor, capsule, new_nonce=True)

    def delete(self, visitor: bytes, capsule_text: str, replies: Sequence[str]) -> tuple[Mailbox, int]:
        """Forget replies (ids as hex) that the reporter has read; says how many there were to forget.

        Past its reading time a mailbox forgets nothing. Raises CapsuleExpired, StoreError.
        """
        capsule = self.seals.open_capsule(visitor, capsule_text)
        ids = [bytes.fromhex(reply) for reply in replies if len(reply) == 32 and set(reply) <= set("0123456789abcdef")]
        deleted = 0
        if self.seals.is_readable(capsule):
            deleted = self._store.delete_replies(capsule.keys.locator, ids)
        return self._reopen(visitor, capsule, new_nonce=False), deleted

    def collected(self) -> dict[str, date | None]:
        """By desk, the day on which it last collected; None where it never did."""
        days = self._store.collected()
        names = dict.fromkeys(desk for desks in self._routing.desks.values() for desk in desks)
        return {name: days.get(name) for name in names}

    def _reopen(self, visitor: bytes, capsule: Capsule, *, new_nonce: bool) -> Mailbox:
        readable = self.seals.is_readable(capsule)
        replies = self._replies(capsule.keys) if readable else []
        channel, desks = self._follow_up(replies)
        if desks is not None:
            capsule = self.seals.redirected(capsule, channel, desks)
        return self._mailbox(visitor, self.seals.renewed(capsule, new_nonce=new_nonce), replies, readable=readable)

    def _mailbox(self, visitor: bytes, capsule: Capsule, replies: list[Reply], *, readable: bool = True) -> Mailbox:
        sealed = self.seals.seal_capsule(visitor, capsule)
        return Mailbox(replies, sealed, capsule.channel, capsule.desks, readable)

    def _replies(self, keys: ThreadKeys) -> list[Reply]:
        """The thread's replies, the newest first; what does not open is not shown."""
        replies = []
        for stored in self._store.replies(keys.locator):
            try:
                archive = decrypt([keys.identity], [stored.sealed])
                replies.append(report.read_reply(parcel.unpack_reply(archive)))
            except (AgeError, FormatError):
                continue
        return sorted(replies, key=lambda reply: (reply.day, reply.number), reverse=True)

    def _follow_up(self, replies: Sequence[Reply]) -> tuple[str | None, tuple[str, ...] | None]:
        """Channel and desks that the newest usable reply names for follow-ups."""
        known = {desk for desks in self._routing.desks.values() for desk in desks}
        for reply in replies:
            desks = tuple(desk for desk in reply.follow_up if desk in known)
            if desks and reply.channel in self.channels:
                return reply.channel, desks
        return None, None

    def _store_once(self, message: Message, keys: ThreadKeys, nonce: bytes, *, still_open: bool) -> None:
        identifier = report.item_id(message.draft, keys, nonce)
        if self._store.contains(identifier):
            return
        if not still_open:
            raise TicketExpired("This form was open for too long: send it again.")
        if not self._has_room(bool(message.draft.attachments)):
            raise StoreFull("The disk is nearly full, so nothing was stored: make room, or send it without files.")
        if message.draft.attachments and not self.takes_files(message.desks):
            raise KeysTooOld("A desk's key is too old for files: send it without them.")
        today = self.seals.today()
        body = report.complete(message.draft, keys, identifier, today.isoformat())
        signature = report.sign(body, keys)
        recipients = self._keys.recipients(message.desks, today)
        if [file.size for file in message.draft.attachments] != (
            [] if message.sealing is None else message.sealing.sizes
        ):
            raise ParcelError("The files that came are not those of the report: send it again.")
        if message.sealing is None:
            item = b"".join(encrypt(recipients, parcel.pack(body, signature, message.text)))
            self._store.add_item(identifier, message.desks, len(item), [item])
        else:
            _finish(message.sealing, body, signature, message.text, recipients)
            self._store.add_item(identifier, message.desks, message.sealing.size, message.sealing.pieces())


def _finish(sealing: Sealing, body: bytes, signature: bytes, text: str, recipients: Sequence[HybridRecipient]) -> None:
    """Seal what is left of an item with attachments. Raises ParcelError, StoreFull, StoreUnavailable."""
    try:
        sealing.finish(body, signature, text, recipients)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StoreFull("There is no room for this report: send it again without its files.") from None
        raise StoreUnavailable(
            f"A report with files could not be written ({error.strerror}): look at the disk."
        ) from None
