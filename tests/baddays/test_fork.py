"""Two portals on one state folder: the second is refused, and the first does not notice."""

import signal
from pathlib import Path

from portal.trial.listening import free_port
from tests.baddays.conftest import Strained
from tests.baddays.filing import check_it_is_taken_now, filing
from tests.e2e.parts import PORTAL, run

REFUSAL = "error: Another portal serves this state folder: stop it first, or give this one a folder of its own.\n"


def test_the_second_is_refused_by_whatever_path_it_comes(portal: Strained, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(portal.state)
    for state in (portal.state, tmp_path / "link", portal.state / ".." / portal.state.name):
        place = ("--preview", f"127.0.0.1:{free_port()}", "--socket", tmp_path / "socket")
        done = run(*PORTAL, "serve", "--state", state, "--keys", portal.keys, "--no-tor", *place, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (1, "", REFUSAL)
    check_it_is_taken_now(filing(portal.url))


def test_the_folder_is_free_when_the_first_was_killed(portal: Strained) -> None:
    given = filing(portal.url)
    portal.stop(signal.SIGKILL)
    portal.restart()
    check_it_is_taken_now(given)
