"""What the commands ask a person at a terminal."""

import os
import pty
import sys
from pathlib import Path

import minisign
import pytest

from portal import bundle
from portal.desk import portals, session
from tests.desk.conftest import PASSPHRASE
from tests.desk.played import PlayedPortal, draft


def converse(words: list[object], answers: list[str]) -> tuple[int, str]:
    """Run a command of `desk` at a terminal of its own and answer its questions: exit status and what it showed."""
    command = [sys.executable, "-m", "portal.desk.cli", *map(str, words)]
    child, terminal = pty.fork()
    if child == 0:
        os.execv(command[0], command)
    shown, left = b"", list(answers)
    while True:
        try:
            read = os.read(terminal, 4096)
        except OSError:  # Linux says so when nobody holds the other side any more
            break
        shown += read
        if shown.endswith(b": "):
            os.write(terminal, left.pop(0).encode() + b"\n")
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert left == []
    return os.waitstatus_to_exitcode(status), shown.decode()


def test_a_new_passphrase_is_typed_twice_and_never_shown(tmp_path: Path) -> None:
    root = tmp_path / "new"
    status, shown = converse(["init", "--desk", "police", root], [PASSPHRASE, PASSPHRASE + "x"])
    assert (status, root.exists()) == (1, False)
    assert "error: The two passphrases are not the same: try again." in shown
    status, shown = converse(["init", "--desk", "police", root], [PASSPHRASE, PASSPHRASE])
    assert (status, PASSPHRASE in shown) == (0, False)
    assert (root / "public" / "police.recipients").read_text().splitlines()[1] in shown


def test_a_passphrase_is_asked_for(root: Path) -> None:
    status, shown = converse(["list", root], [PASSPHRASE])
    assert (status, "No cases yet" in shown, PASSPHRASE in shown) == (0, True, False)
    status, shown = converse(["list", root], ["wrong"])
    assert (status, "error: The passphrase is wrong" in shown) == (1, True)


@pytest.mark.parametrize("words", [3, 8])
def test_the_first_portal_is_confirmed_by_the_words_of_its_key(root: Path, portal: PlayedPortal, words: int) -> None:
    portal.file(draft())
    path = portal.export()
    fingerprint = bundle.fingerprint(portal.keys.public_key)
    typed = " ".join(fingerprint[:words]).upper()
    status, shown = converse(["import", root, path], [PASSPHRASE, str(portal.key_file), typed])
    assert status == 0, shown
    assert "1 new case: 2026-0001" in shown
    assert " ".join(fingerprint[:3]) not in shown  # else nobody would compare
    status, shown = converse(["import", root, path], [PASSPHRASE])
    assert (status, "1 already here" in shown) == (0, True)


@pytest.mark.parametrize("typed", ["", "abandon abandon abandon"])
def test_wrong_words_pin_nothing(root: Path, portal: PlayedPortal, typed: str) -> None:
    portal.file(draft())
    path = portal.export()
    status, shown = converse(["import", root, path], [PASSPHRASE, str(portal.key_file), typed])
    assert (status, "These are not the words of this key" in shown) == (1, True)
    with session.open_desk(root, PASSPHRASE) as desk:
        assert portals.pinned(desk.casebook) == []


@pytest.mark.parametrize("words", [7, 8])
def test_a_portals_new_key_needs_all_its_words(root: Path, portal: PlayedPortal, words: int) -> None:
    with session.open_desk(root, PASSPHRASE, writing=True) as desk, desk.casebook.transaction():
        portals.pin(desk.casebook, "portal", minisign.KeyPair.generate().public_key)
    typed = " ".join(bundle.fingerprint(portal.keys.public_key)[:words])
    status, shown = converse(["trust", root, "--portal-key", portal.key_file], [PASSPHRASE, typed])
    assert (status, "is known by its new key now" in shown) == ((0, True) if words == 8 else (1, False))
    assert "let them read out the fingerprint" in " ".join(shown.split())
