from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from portal.desk import demo, session
from portal.desk.session import Desk

NOW = datetime(2026, 11, 25, 15, tzinfo=UTC)
REPORTS = 90


@pytest.fixture(scope="package")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demonstration."""
    path = tmp_path_factory.mktemp("demo") / "desk"
    demo.make(path, reports=REPORTS, now=NOW, work_factor=1)
    return path


@pytest.fixture(scope="package")
def desk(root: Path) -> Iterator[Desk]:
    with session.open_desk(root, demo.PASSPHRASE) as opened:
        yield opened
