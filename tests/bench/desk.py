"""What lists and searches take at a desk with 10,000 reports, and how fast a bundle is imported.

The reports are those of `desk demo`, with its words, flags and marks. They are stored by the desk's own code but do
not travel: sealing and opening 10,000 of them would take ten minutes, and no list looks at a sealed item.
"""

import hashlib
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random

from portal.channels import load
from portal.desk import arriving, filtering, searching, session, triage
from portal.desk.demo.filings import filings
from portal.desk.demo.world import World
from portal.desk.filtering import Filter
from portal.desk.importing import import_bundle
from portal.desk.portals import Trust
from portal.desk.session import Desk
from tests.bench.figures import Figure
from tests.bench.sampling import cpu_seconds
from tests.desk.played import PlayedPortal, draft, report_json

REPORTS = 10_000
IMPORTED = 1_000
MOST_MS = 200
LEAST_A_SECOND = 40
"""Reports for each second of CPU time: 20 a second are wanted, and the disk may take half of the time."""
TIMES = 3
"""Each is measured so often; the quickest counts."""
ABOUT = (
    f"Lists, searches and counts of a desk with {REPORTS:,} reports, in CPU time of its process, which uses nothing "
    f"else; of each kind the slowest is shown. An import of {IMPORTED:,} reports waits for the disk as well: its bound "
    "is twice the rate that is wanted. There is no floor: the bounds are on what a person notices."
)
_PASSPHRASE = "six words for the bench only"
_PAGE = 50
_FILTERS = {
    "all": Filter(),
    "what waits": Filter(is_open=True),
    "overdue": Filter(due="overdue"),
    "unseen": Filter(unseen=True),
    "a channel": Filter(channel="website"),
    "a month": Filter(month="2026-10"),
    "a tag": Filter(tag="later"),
    "a flag": Filter(flag="danger-now"),
    "a country": Filter(country="LU"),
    "a service": Filter(service="Fotodemo"),
    "a domain with thousands of sites": Filter(host="example"),
    "an account": Filter(account="demo_uncle_t"),
}
_WORDS = ("a", "e", "de", "the", "photo", "enfant", "hotel strand", '"in the"', "nowhere")


def measure() -> list[Figure]:
    """All of the desk."""
    with tempfile.TemporaryDirectory() as folder:
        return [*_looking(Path(folder)), _import(Path(folder))]


def _looking(folder: Path) -> list[Figure]:
    with _filled(folder / "full") as desk:
        lists = [(f"the list of {name}", _list(desk, wish)) for name, wish in _FILTERS.items()]
        searches = [(f"the search for {words}", _search(desk, words, Filter())) for words in _WORDS]
        searches += [
            ("the search for e on a domain", _search(desk, "e", Filter(host="example"))),
            ("the search for de in what is overdue", _search(desk, "de", Filter(due="overdue"))),
        ]
        whole = _cpu(lambda: filtering.find(desk, Filter(merged=True)))
        inbox = _cpu(lambda: (filtering.tally(desk), filtering.choices(desk.casebook)))
    found = [
        Figure("all cases in one list, as `desk list` prints them", whole, "ms", MOST_MS),
        Figure("the counts on top of the inbox, and what can be chosen", inbox, "ms", MOST_MS),
    ]
    for kind, measured in (("list", lists), ("search", searches)):
        name, most = max(measured, key=lambda one: one[1])
        found.append(Figure(f"slowest {kind} of {len(measured)} at {REPORTS:,} reports: {name}", most, "ms", MOST_MS))
    return found


def _list(desk: Desk, wish: Filter) -> float:
    """A page of a list, in the order that takes longest, and how many there are."""
    return _cpu(lambda: (filtering.find(desk, wish, "due", _PAGE), filtering.count(desk, wish)))


def _search(desk: Desk, words: str, wish: Filter) -> float:
    return _cpu(lambda: (searching.search(desk, words, wish), searching.count(desk, words, wish)))


def _cpu(do: Callable[[], object]) -> float:
    """Milliseconds of CPU time."""
    return 1000 * min(cpu_seconds(do) for _ in range(TIMES))


@contextmanager
def _filled(root: Path) -> Iterator[Desk]:
    """A desk with 10,000 reports of two years, worked on up to a few weeks ago."""
    session.make(root, "police", _PASSPHRASE, work_factor=1)
    random, channels = Random(1), load()
    with session.open_desk(root, _PASSPHRASE, writing=True) as desk:
        rules = triage.load_rules(desk.folder, channels)
        casebook = desk.casebook
        with casebook.transaction():
            portal = casebook.run("INSERT INTO portals (name, key) VALUES ('bench', 'no key')")
            for filing in filings(random, World(random, REPORTS), channels, REPORTS, desk.today):
                raw = report_json(filing.keys, filing.draft, filing.day.isoformat())
                arriving.store(casebook, portal, hashlib.sha256(raw).digest(), raw, rules)
            _work(desk, random)
        yield desk


def _work(desk: Desk, random: Random) -> None:
    """Most was looked at, answered and closed; some was merged, given to somebody, tagged."""
    recent = (desk.today - timedelta(days=30)).isoformat()
    for row, received in desk.casebook.all("SELECT id, received FROM cases ORDER BY id"):
        if received > recent and random.random() < 0.6:
            continue
        status = random.choices(("closed", "outside-remit", "under-review", "question"), (60, 30, 6, 4))[0]
        desk.casebook.run(
            "UPDATE cases SET looked = ?1, unseen = NULL, answered = ?1, status = ?2, assigned = ?3,"
            " asked = CASE ?2 WHEN 'question' THEN ?1 END, merged_into = ?4 WHERE id = ?5",
            *(
                received,
                status,
                random.choice((None, "default")),
                1 if row > 1 and random.random() < 0.03 else None,
                row,
            ),
        )
        if random.random() < 0.1:
            desk.casebook.run("INSERT INTO tags (case_id, tag) VALUES (?, 'later')", row)


def _import(folder: Path) -> Figure:
    """A bundle as a portal exports it, into an empty desk."""
    root = folder / "empty"
    session.make(root, "police", _PASSPHRASE, work_factor=1)
    with session.open_desk(root, _PASSPHRASE, writing=True) as desk:
        portal = PlayedPortal([desk.keyring.recipient], folder)
        for number in range(IMPORTED):
            portal.file(draft(f"Report number {number}, with a few words of its own."))
        bundle, trust, channels = portal.export(), Trust(portal.keys.public_key), load()
        begun = time.perf_counter()
        used = cpu_seconds(lambda: import_bundle(desk, bundle, channels, trust))
        passed = time.perf_counter() - begun
    print(f"        import: {IMPORTED:,} reports in {passed:.0f} s, {IMPORTED / passed:.0f} a second by the clock")
    return Figure(f"import of {IMPORTED:,} reports, by CPU time", IMPORTED / used, "reports/s", LEAST_A_SECOND)
