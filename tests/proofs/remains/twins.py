"""Two portals that take the same reports, follow-ups and packs: in another order, at other times.

What is random in a report is the same at both: the nonces of its pages, its receipt, and the bytes of its age file,
which were sealed once. A receipt depends on the day of its page, and so would everything that follows from it; here
that day is always the same one, as if its key had come out alike. All else is the product as it is, from the intake
and the exchange down.
"""

import hashlib
import itertools
import random
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from unittest.mock import patch

from portal import bundle, exchange, limits
from portal.channels import load
from portal.exchange import month_after
from portal.intake import Intake
from portal.permits import Permits
from portal.receipt import ThreadKeys, derive
from tests.intake_world import ROUTES, World, message, message_with
from tests.proofs.remains.common import DESKS, Common, SameReceipts, SealedOnce, drawn

BUNDLES = 5
"""Of each desk."""
PACKS = 2
"""Of each desk, at any time; more come in the year before, when all has arrived, and at the end."""
Events = dict[str, tuple[Callable[[], None], tuple[str, ...]]]
"""What happens, by name, and after which others."""


def _utc(year: int, month: int, day: int, hour: int) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


@dataclass(frozen=True)
class Season:
    """How one of the twins fares: what is thrown for it, and when it begins."""

    seed: int
    before: datetime
    """In the year before: what is answered then has expired at the end."""
    begin: datetime
    end: datetime
    tends: int


SEASONS = (
    Season(1, _utc(2025, 9, 20, 7), _utc(2026, 11, 2, 9), _utc(2026, 11, 28, 8), tends=3),
    Season(2, _utc(2025, 10, 11, 22), _utc(2026, 11, 13, 1), _utc(2026, 11, 28, 21), tends=1),
)
"""Both end on one day, which is the day that the portal keeps of each desk's last pack."""


class Twin(World):
    """One of the two portals."""

    def __init__(self, url: str, folder: Path, common: Common, season: Season) -> None:
        folder.mkdir()
        secrets = common.folder / "secrets"
        if secrets.exists():
            shutil.copytree(secrets, folder / "state")
        super().__init__(url, folder)
        if not secrets.exists():
            shutil.copytree(self.folder, secrets, ignore=shutil.ignore_patterns("portal.db*"))
        self.store.close()
        self.common = common
        self.season = season
        self.store = SealedOnce(url, common.items)
        self.seals = SameReceipts(self.state.receipt_secret, self.state.session_secrets, self.clock)
        self.intake = Intake(self.store, self.seals, load(), self.routing, self.keys, Permits(2))
        self._dice = random.Random(season.seed)
        self._keys: dict[int, ThreadKeys] = {}
        self._words: dict[int, str] = {}
        self._items: dict[int, list[bytes]] = {}
        self._packs = dict.fromkeys(DESKS, 0)

    @property
    def replies(self) -> dict[int, tuple[str, str, bytes]]:
        return self.common.replies

    def live(self) -> None:
        """All that happens until the last `tend`, which is still to come."""
        self.clock.now = self.season.before
        early = [number for number in range(self.common.reports) if self.common.expires(number)]
        self._play({f"file {number}": (partial(self.file, number), ()) for number in early})
        for desk in DESKS:
            self.bring(desk, early)
        self.clock.now = self.season.begin
        events = self._events([number for number in range(self.common.reports) if number not in early])
        self._play(events, self.season.end - self.season.begin)
        self.clock.now = self.season.end
        for desk in self._dice.sample(DESKS, len(DESKS)):
            self.bring(desk, [number for number in range(self.common.reports) if self.common.comes_last(number)])
        for number in self._shuffled(number for number in self._items if self.common.is_deleted(number)):
            self.delete(number)

    def _events(self, numbers: Sequence[int]) -> Events:
        """What happens, each with what must have happened before."""
        events: Events = {}
        for number in numbers:
            events[f"file {number}"] = (partial(self.file, number), ())
        for number in range(self.common.reports):
            if self.common.follows_up(number):
                before = (f"file {number}",) if number in numbers else ()
                events[f"follow up {number}"] = (partial(self.follow_up, number), before)
        for count in range(self.season.tends):
            events[f"tend {count}"] = (self.tend, ())
        for desk, count in itertools.product(DESKS, range(BUNDLES)):
            events[f"export {desk} {count}"] = (partial(self.export, desk), ())
        for desk, count in itertools.product(DESKS, range(PACKS)):
            events[f"pack {desk} {count}"] = (partial(self.bring_answers, desk), ())
        arrived = tuple(events)
        for desk in DESKS:
            # The last but one answers all that the last does not.
            events[f"pack {desk}"] = (partial(self.bring_answers, desk), arrived)
        return events

    def _play(self, events: Events, span: timedelta = timedelta(days=2)) -> None:
        """Let everything happen in some order, spread over a time."""
        done: set[str] = set()
        while left := [name for name, (_, before) in events.items() if name not in done and done.issuperset(before)]:
            name = self._dice.choice(left)
            self.clock.now += span / len(events) * self._dice.uniform(0.1, 1)
            with patch("portal.tickets.random", drawn(name)):
                events[name][0]()
            done.add(name)
        assert len(done) == len(events)

    def _shuffled(self, numbers: Iterable[int]) -> list[int]:
        found = sorted(numbers)
        return self._dice.sample(found, len(found))

    def _answered(self) -> list[int]:
        """The reports of this year that have come and are answered."""
        return [n for n in self._items if self.common.is_answered(n) and not self.common.expires(n)]

    def file(self, number: int) -> None:
        """A report comes in, and its reporter presses reload now and then."""
        visitor = drawn(f"visitor {number}")(32)
        ticket = self.seals.issue_ticket("en")
        for _ in range(self._dice.choice((1, 1, 2))):
            if self.common.has_files(number):
                files = [drawn(f"file {number}")(30_000 + number), drawn(f"film {number}")(1_200_000 + number)]
                with message_with(files, f"Report {number}.") as sent:
                    filed = self.intake.file(visitor, ticket, sent)
            else:
                channel = self.common.channel(number)
                text = f"Report {number}. " * (number % 80)
                filed = self.intake.file(visitor, ticket, message(text, channel=channel, desks=ROUTES[channel]))
        self._words[number] = " ".join(filed.words)
        entropy = self.seals.entropy(visitor, self.seals.open_ticket(ticket))
        self._keys[number] = derive(entropy, self.seals.salt)
        self._remember(number)

    def follow_up(self, number: int) -> None:
        """The reporter writes again."""
        visitor = drawn(f"second visitor {number}")(32)
        mailbox = self.intake.enter(visitor, self._words[number])
        sent = message(f"More on {number}.", kind="follow-up", channel="self", desks=ROUTES["self"])
        self.intake.send(visitor, mailbox.capsule, sent)
        self._remember(number)

    def _remember(self, number: int) -> None:
        """Which item came with this number: the one that was not there."""
        known = {item for items in self._items.values() for item in items}
        waiting = {item.id for desk in DESKS for item in self.store.waiting(desk)}
        self._items.setdefault(number, []).extend(waiting - known)

    def export(self, desk: str) -> None:
        """A desk collects."""
        _, pieces = exchange.export(self.store, self.state.signing_key, desk, self.clock().date())
        for _ in pieces:
            pass

    def bring(self, desk: str, replies: Sequence[int]) -> exchange.Taken:
        """A desk's pack: all that it has by now, and answers to these reports."""
        self._packs[desk] += 1
        mine = {item.id for item in self.store.waiting(desk)}
        collected = [
            bundle.Collected(item.hex(), hashlib.sha256(self.common.items[item]).hexdigest())
            for number, items in self._items.items()
            for item in items
            if desk in self.common.taken_by(number) and item in mine
        ]
        answers = sorted(
            self.common.answer(number, self._keys[number]) for number in replies if self.sent_by(desk, number)
        )
        manifest = bundle.Pack(
            format="portevoix/pack/1",
            direction="desk-to-portal",
            site=bundle.site(self.state.public_key),
            desk=desk,
            counter=self._packs[desk],
            collected=sorted(collected, key=lambda entry: entry.id),
            replies=[
                bundle.PackReply(i, locator, hashlib.sha256(data).hexdigest(), len(data))
                for i, locator, data in answers
            ],
        )
        pieces = bundle.write(manifest, self.desks[desk].signing.secret_key, ([data] for _, _, data in answers))
        keys = {name: made.signing.public_key for name, made in self.desks.items()}
        return exchange.take(self.store, manifest.site, keys, self.clock().date(), pieces)

    def bring_answers(self, desk: str) -> None:
        """A pack with the answers to all that has come this year."""
        self.bring(desk, self._answered())

    def sent_by(self, desk: str, number: int) -> bool:
        """Whether this desk answers that report."""
        return desk == ROUTES[self.common.channel(number)][-1]

    def delete(self, number: int) -> None:
        """The reporter has read the answer."""
        visitor = drawn(f"reader {number}")(32)
        mailbox = self.intake.enter(visitor, self._words[number])
        self.intake.delete(visitor, mailbox.capsule, [one.id for one in mailbox.replies])

    def tend(self) -> None:
        """As every night."""
        assert self.store.tend(month_after(self.clock().date(), 0)).rewritten

    def check(self) -> None:
        """Of items and answers some are there and some are gone: acknowledged, deleted, expired."""
        waiting = {item.id for desk in DESKS for item in self.store.waiting(desk)}
        assert set() < waiting < set(self.common.items)
        found = {one.id.hex() for keys in self._keys.values() for one in self.store.replies(keys.locator)}
        gone = {n for n in self.replies if self.common.is_deleted(n) or self.common.expires(n)}
        assert set() < gone < set(self.replies)
        assert found == {identifier for n, (identifier, _, _) in self.replies.items() if n not in gone}

    def visit(self) -> None:
        """Somebody reads, and somebody types words that lead nowhere: after the last `tend`."""
        for number in list(self._words)[:5]:
            self.intake.enter(drawn(f"guest {number}")(32), self._words[number])
        for desk in DESKS:
            for item in self.store.waiting(desk)[:5]:
                assert b"".join(self.store.read_item(item.id))


@contextmanager
def twins(urls: Sequence[str], folder: Path, reports: int) -> Iterator[tuple[Twin, Twin]]:
    """Both, after their season and the last `tend`; their folders are `folder`/0 and /1."""
    common = Common(reports, folder)
    with ExitStack() as stack:
        stack.enter_context(patch.object(limits, "ARGON2_KIB", 64))
        made = []
        for number, (url, season) in enumerate(zip(urls, SEASONS, strict=True)):
            twin = Twin(url, folder / f"{number}", common, season)
            stack.callback(twin.store.close)
            twin.live()
            twin.tend()
            twin.check()
            twin.store.close()
            made.append(twin)
        yield made[0], made[1]
