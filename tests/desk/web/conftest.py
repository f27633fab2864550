from pathlib import Path

import pytest

from portal.receipt import ThreadKeys
from tests.desk.played import PlayedPortal, draft, reporter
from tests.desk.web.filled import EVIL, FILE, import_
from tests.desk.web.visiting import Opened, Visitor


@pytest.fixture
def opened(root: Path) -> Opened:
    return Opened(root)


@pytest.fixture
def visitor(opened: Opened) -> Visitor:
    return Visitor(opened).enter()


@pytest.fixture
def keys() -> ThreadKeys:
    return reporter()


@pytest.fixture
def filled(visitor: Visitor, portal: PlayedPortal, keys: ThreadKeys) -> Visitor:
    """A desk into which one urgent report with a file, and one of a website, were imported through the page."""
    travel = draft(
        EVIL,
        channel="travel",
        files=[FILE],
        name='"><b>name',
        answers={"immediate_danger": "yes", "city": "Pattaya <b>"},
    )
    portal.file(travel, keys, [FILE])
    portal.file(draft("A second one."))
    import_(visitor, portal)
    return visitor
