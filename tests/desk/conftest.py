import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.channels import Channel, load
from portal.desk import session
from portal.desk.importing import Outcome, import_bundle
from portal.desk.portals import Trust
from portal.desk.session import Desk
from tests.desk.played import PlayedPortal

PASSPHRASE = "six words for the tests only"


@pytest.fixture(scope="session")
def channels() -> dict[str, Channel]:
    return load()


@pytest.fixture(scope="session")
def new_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A desk as `desk init` leaves it, but with a cheap passphrase."""
    root = tmp_path_factory.mktemp("new") / "desk"
    session.make(root, "police", PASSPHRASE, work_factor=1)
    return root


@pytest.fixture
def root(new_desk: Path, tmp_path: Path) -> Path:
    """The folder of a desk of one's own."""
    return Path(shutil.copytree(new_desk, tmp_path / "desk"))


@pytest.fixture
def desk(root: Path) -> Iterator[Desk]:
    with session.open_desk(root, PASSPHRASE, writing=True) as opened:
        yield opened


@pytest.fixture
def portal(new_desk: Path, tmp_path: Path) -> PlayedPortal:
    """A portal that has this desk's keys."""
    with session.open_desk(new_desk, PASSPHRASE) as opened:
        return PlayedPortal([opened.keyring.recipient], tmp_path)


Import = Callable[[Path], Outcome]


@pytest.fixture
def importing(desk: Desk, portal: PlayedPortal, channels: dict[str, Channel]) -> Import:
    """Imports a bundle of `portal` at `desk`."""
    return lambda path: import_bundle(desk, path, channels, Trust(portal.keys.public_key))


@pytest.fixture
def passphrase_file(tmp_path: Path) -> Path:
    path = tmp_path / "passphrase"
    path.write_text(PASSPHRASE + "\nnot this line\n")
    return path
