"""Words of threads about which a portal must not tell anything, in one world."""

import itertools
import random
import secrets

from portal import parcel, receipt, report
from portal.age import encrypt
from portal.exchange import month_after
from portal.receipt import ENTROPY_BYTES, word_list
from portal.store import NewReply
from tests.intake_world import reply
from tests.web.browser import Browser, Form
from tests.web.test_report import file
from tests.web.world import WebWorld

KINDS = ("unknown", "expired", "empty")
"""What must look alike; the first is what the others are compared with."""


class Threads:
    """Makes threads of each kind; `chance` draws the words of unknown ones."""

    def __init__(self, world: WebWorld, chance: random.Random) -> None:
        self.world = world
        self._chance = chance

    def words(self, kind: str, name: str = "english") -> str:
        """Eight words of a new thread: right, and of a thread of this kind in the word list `name`."""
        if kind == "unknown":
            return " ".join(receipt.encode(self._chance.randbytes(ENTROPY_BYTES), name))
        words = file(Browser(self.world.app), "self", "Something happened.").text("receipt")
        if kind == "expired":
            self.answer(words)
        return words

    def in_two_lists(self, kind: str) -> str:
        """Eight words that are right in English and in French: both threads are looked for."""
        words = both_lists(self._chance)
        if kind == "expired":
            self.answer(words)
        return words

    def wrong(self, kind: str) -> str:
        """Eight words of a thread of this kind with two of them swapped, so that the check fails."""
        while True:
            words = self.words(kind).split()
            for one, other in itertools.combinations(range(len(words)), 2):
                words[one], words[other] = words[other], words[one]
                if not _is_right(" ".join(words)):
                    return " ".join(words)
                words[one], words[other] = words[other], words[one]

    def answer(self, words: str) -> None:
        """A desk answers the thread of these words."""
        store, day = self.world.store, self.world.clock().date()
        for entropy in receipt.decode(words):
            keys = receipt.derive(entropy, self.world.seals.salt)
            value = reply(id=secrets.token_hex(16), channel="self")
            archive = parcel.pack_reply(report.write_reply(value), value.text)
            new = NewReply(bytes.fromhex(value.id), keys.locator, b"".join(encrypt([keys.recipient], [archive])))
            counter = store.confirmed_pack("police") + 1
            store.apply_pack("police", counter, day.isoformat(), [], [new], month_after(day, 12))

    def expire(self) -> None:
        """Thirteen months pass, and the portal is tended."""
        self.world.clock.forward(days=400)
        self.world.store.tend(month_after(self.world.clock().date(), 0))


def both_lists(chance: random.Random) -> str:
    """Eight words whose check bits are right in the English and in the French list."""
    lists = word_list("english"), word_list("french")
    shared = sorted(lists[0].positions.keys() & lists[1].positions.keys())
    while True:
        letters = chance.choices(shared, k=receipt.WORDS)
        numbers = [[one.positions[key] for key in letters] for one in lists]
        if all(receipt._join(each) for each in numbers):
            return " ".join(lists[0].words[number] for number in numbers[0])


def _is_right(words: str) -> bool:
    try:
        return bool(receipt.decode(words))
    except receipt.ReceiptError:
        return False


def words_form(browser: Browser) -> Form:
    """The form for the eight words."""
    return browser.get("/en/mailbox").form("mailbox")
