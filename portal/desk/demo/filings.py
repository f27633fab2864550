"""Who reports what on which day, and what is in the file that some of them add."""

import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from PIL import Image

from portal.channels import Channel
from portal.desk.demo.answers import invent
from portal.desk.demo.texts import narrative, texts
from portal.desk.demo.world import World
from portal.receipt import ThreadKeys
from portal.report import Attachment, Draft

DAYS = 730
"""How far back the history goes, days."""
_SHARES = {"website": 50, "travel": 18, "grooming": 17, "other": 8, "self": 7}
_MOST = {"travel": 120, "self": 400, "other": 400}
"""However many reports there are: about sixty a year is a great deal for travel."""
_LANGUAGES = {"fr": 36, "de": 24, "en": 20, "pt": 12, "lb": 8}
_RECENT_DAYS, _RECENT_SHARE = 14, 0.08
"""The last two weeks have more than their share, so that there is something in the inbox."""
_NEW, _NEW_DAYS = 3, 2
"""So many websites were reported yesterday or today, however few reports there are."""
_NARRATIVES = 0.55
"""So many of those who report a website write a text as well; elsewhere everybody does."""
_WITH_FILES = 0.35
_PICTURE_PIXELS = (48, 32)
_FILE_NAMES = {"text/plain": ("notes.txt", "notizen.txt", "remarques.txt"), "image/png": ("ticket.png", "car.png")}


@dataclass(frozen=True)
class Filing:
    """What arrives at the portal on a day: a report or a follow-up, its files, and the keys of its reporter."""

    day: date
    draft: Draft
    files: Sequence[bytes]
    keys: ThreadKeys


def filings(random: Random, world: World, channels: Mapping[str, Channel], count: int, today: date) -> Iterator[Filing]:
    """`count` reports of the two years before `today`, the oldest first."""
    for day, key in sorted(_days(random, count, today), key=lambda each: each[0]):
        yield _report(random, world, channels[key], day)


def follow_up(random: Random, first: Filing, language: str, day: date) -> Filing:
    """What a reporter adds later, in the thread of `first`."""
    said = random.choice(texts(language).message.texts)
    draft = Draft("message", first.draft.channel, first.draft.version, language, {}, said, [], [])
    return Filing(day, draft, [], first.keys)


def _days(random: Random, count: int, today: date) -> Iterator[tuple[date, str]]:
    left = dict.fromkeys(_SHARES, 0)
    for key, share in _SHARES.items():
        left[key] = min(count * share // 100, _MOST.get(key, count))
    left["website"] += count - sum(left.values())
    for key, number in left.items():
        for place in range(number):
            recent = random.random() < _RECENT_SHARE
            new = key == "website" and place < _NEW
            # More came in the second year than in the first, as it is with a portal that becomes known.
            back = random.randrange(_RECENT_DAYS) if recent else int(DAYS * random.random() ** 1.2)
            yield today - timedelta(days=random.randrange(_NEW_DAYS) if new else back), key


def _report(random: Random, world: World, channel: Channel, day: date) -> Filing:
    (language,) = random.choices(tuple(_LANGUAGES), tuple(_LANGUAGES.values()))
    answers, names = invent(random, world, channel, day)
    silent = channel.key == "website" and random.random() > _NARRATIVES
    said = "" if silent else narrative(random, language, channel.key, names)
    files = [_file(random) for _ in range(random.choice((1, 1, 2)))] if _sends_files(random, channel) else []
    described = [Attachment(name, kind, len(data), hashlib.sha256(data).hexdigest()) for name, kind, data in files]
    keep_from = [desk for desk in channel.desks if len(channel.desks) > 1 and random.random() < 0.05]
    draft = Draft("report", channel.key, channel.version, language, answers, said, keep_from, described)
    return Filing(day, draft, [data for _, _, data in files], reporter(random))


def reporter(random: Random) -> ThreadKeys:
    """The keys of a new thread; a receipt would become such."""
    return ThreadKeys(random.randbytes(32), random.randbytes(32), random.randbytes(32))


def _sends_files(random: Random, channel: Channel) -> bool:
    return channel.attachments and random.random() < _WITH_FILES


def _file(random: Random) -> tuple[str, str, bytes]:
    """Name, type and content: a few lines of text, or a picture of one colour."""
    kind = random.choice(tuple(_FILE_NAMES))
    name = random.choice(_FILE_NAMES[kind])
    if kind == "text/plain":
        lines = [f"Demonstration, line {number}: {random.randrange(10_000)}" for number in range(random.randint(2, 9))]
        return name, kind, "\n".join(lines).encode()
    colour = (random.randrange(256), random.randrange(256), random.randrange(256))
    out = io.BytesIO()
    Image.new("RGB", _PICTURE_PIXELS, colour).save(out, "PNG")
    return name, kind, out.getvalue()
