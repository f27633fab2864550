from pathlib import Path

import pytest

from tests.desk.web.visiting import Opened, Visitor


@pytest.fixture
def opened(root: Path) -> Opened:
    return Opened(root)


@pytest.fixture
def visitor(opened: Opened) -> Visitor:
    return Visitor(opened).enter()
