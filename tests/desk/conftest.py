import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portal.channels import Channel, load
from portal.desk import session
from portal.desk.importing import Outcome, import_bundle
from portal.desk.portals import Trust
from portal.desk.replies import reply
from portal.desk.session import Desk
from tests.desk.played import PlayedPortal, draft
from tests.desk.two_desks import World, note

EVIDENCE = b"evidence" * 500
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


@pytest.fixture(scope="session")
def new_other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The other desk of the site, as `desk init` leaves it."""
    root = tmp_path_factory.mktemp("other") / "stopline"
    session.make(root, "stopline", PASSPHRASE, work_factor=1)
    return root


@pytest.fixture
def other_root(new_other: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(new_other, tmp_path / "stopline"))


@pytest.fixture
def other(other_root: Path) -> Iterator[Desk]:
    with session.open_desk(other_root, PASSPHRASE, writing=True) as opened:
        yield opened


@pytest.fixture
def world(desk: Desk, other: Desk, portal: PlayedPortal, channels: dict[str, Channel], tmp_path: Path) -> World:
    """A case of the police with a file, one answer and a note, that is about to go to the Stopline, which knows the
    portal and has a case of its own."""
    made = World(desk, other, portal, channels, tmp_path)
    portal.recipients = [other.keyring.recipient]
    portal.file(draft("something else"))
    made.import_at(other)
    portal.waiting.clear()
    portal.recipients = [desk.keyring.recipient]
    made.say("A hotel.", files=[EVIDENCE])
    reply(desk, made.case, "question", "Which hotel?", ["police"], desk.today)
    made.say("The big one.", kind="message")
    note(desk, made.case, "Seen before?")
    return made
