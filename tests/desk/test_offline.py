"""The desk without any network, with standard tools beside it, and what it leaves on the disk."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tests.desk.conftest import PASSPHRASE
from tests.desk.played import PlayedPortal, draft, reporter

CANARY = "kanarienvogel-7f3a"
FILE = b"CANARY-OF-THE-FILE" * 100


def desk(*words: object, passphrase: Path, status: int = 0, network: bool = False) -> str:
    """Run the real command in a process whose network is taken away."""
    command = [] if network else ["unshare", "--map-root-user", "--net"]
    command += [sys.executable, "-m", "portal.desk.cli", *map(str, words), "--passphrase-file", str(passphrase)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    assert done.returncode == status, done.stderr
    return done.stdout


@pytest.fixture(autouse=True)
def tools() -> None:
    assert shutil.which("minisign"), "install the Debian package minisign"
    assert shutil.which("unshare"), "install the Debian package util-linux"
    without = subprocess.run(["unshare", "--map-root-user", "--net", "true"], capture_output=True, text=True)
    assert without.returncode == 0, (
        f"allow user namespaces (sysctl kernel.unprivileged_userns_clone=1): {without.stderr}"
    )


def test_the_whole_job_without_a_network(
    root: Path, portal: PlayedPortal, passphrase_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole job; afterwards no word of it lies in clear under the desk, nor where temporary files go."""
    work = tmp_path / "temporary"
    work.mkdir()
    monkeypatch.setenv("TMPDIR", str(work))
    keys = reporter()
    said = draft(CANARY, channel="travel", answers={"city": CANARY}, files=[FILE], name=CANARY)
    item = portal.file(said, keys, [FILE])
    portal.put(portal.file(draft(CANARY, answers={"not": CANARY})))
    path = portal.export()
    text = tmp_path / "answer"
    text.write_text(CANARY)
    out = tmp_path / "photo"

    desk("import", root, path, "--portal-key", portal.key_file, passphrase=passphrase_file)
    (case,) = json.loads(desk("list", root, "--json", passphrase=passphrase_file))
    assert CANARY in desk("show", root, case["id"], passphrase=passphrase_file)
    desk("extract", root, case["id"], 1, out, passphrase=passphrase_file)
    desk("reply", root, case["id"], "--status", "closed", "--text-file", text, passphrase=passphrase_file)
    desk("pack", root, tmp_path / "pack.tar", passphrase=passphrase_file)
    desk("key", root, passphrase=passphrase_file)

    assert out.read_bytes() == FILE
    assert (root / "sealed" / f"{item.sha256}.age").read_bytes() == item.sealed
    assert list(work.iterdir()) == []
    secret = keys.locator
    for file in [*filter(Path.is_file, root.rglob("*")), tmp_path / "pack.tar"]:
        content = file.read_bytes()
        for canary in (CANARY.encode(), FILE[:36], secret, PASSPHRASE.encode(), b"AGE-SECRET"):
            assert canary not in content, file
            assert canary not in file.name.encode()


def test_a_process_without_network_has_none() -> None:
    """The wrapper above does what it says."""
    connect = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    done = subprocess.run(
        ["unshare", "--map-root-user", "--net", sys.executable, "-c", connect], capture_output=True, text=True
    )
    assert "Network is unreachable" in done.stderr


def test_no_network_module_is_loaded() -> None:
    """Nor Flask, nor anything of the online side, by any command."""
    script = """
import sys
import portal.desk.cli
# `socket` itself is there: portal.desk.offline needs its names to refuse what they stand for.
network = {"ssl", "http", "urllib.request", "asyncio", "ftplib", "smtplib"}
online = {"flask", "waitress", "sqlalchemy", "stem", "tor"}
ours = {"portal.web", "portal.intake", "portal.store", "portal.server"}
print(*sorted((network | online | ours) & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_standard_tools_check_a_pack(filled: Path, tmp_path: Path) -> None:
    with tarfile.open(filled.parent / "pack.tar") as archive:
        archive.extractall(tmp_path / "pack", filter="data")
    public = filled / "public" / "police.pub"
    command = ["minisign", "-V", "-p", str(public), "-m", str(tmp_path / "pack" / "manifest.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "Signature and comment signature verified" in done.stdout
    assert "portevoix pack 1 police" in done.stdout
    manifest = json.loads((tmp_path / "pack" / "manifest.json").read_text())
    assert len(manifest["collected"]) == 1


def test_standard_tools_open_a_keyring_and_an_item(filled: Path, tmp_path: Path, passphrase_file: Path) -> None:
    """Nothing of ours is needed: a keyring is age with a passphrase, and opens the keys, which open the item."""
    age = [sys.executable, "-m", "portal.age", "decrypt"]
    ring = (filled / "keyring" / "default.age").read_bytes()
    one_line = tmp_path / "one-line"
    one_line.write_text(PASSPHRASE + "\n")
    opened = subprocess.run([*age, "--passphrase-file", str(one_line)], input=ring, capture_output=True, check=True)
    own = tmp_path / "own"
    own.write_text(json.loads(opened.stdout)["identity"] + "\n")
    keys = (filled / "keys.age").read_bytes()
    opened = subprocess.run([*age, "-i", str(own)], input=keys, capture_output=True, check=True)
    identity = tmp_path / "identity"
    identity.write_text("\n".join(json.loads(opened.stdout)["identities"]) + "\n")
    (item,) = (filled / "sealed").iterdir()
    plain = subprocess.run([*age, "-i", str(identity)], input=item.read_bytes(), capture_output=True, check=True)
    (tmp_path / "item.tar").write_bytes(plain.stdout)
    subprocess.run(["tar", "xf", "item.tar"], cwd=tmp_path, check=True)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["narrative"] == CANARY


@pytest.fixture
def filled(root: Path, portal: PlayedPortal, passphrase_file: Path, tmp_path: Path) -> Path:
    """A desk with one case, and its first pack beside it."""
    portal.file(draft(CANARY))
    desk("import", root, portal.export(), "--portal-key", portal.key_file, passphrase=passphrase_file)
    desk("pack", root, tmp_path / "pack.tar", passphrase=passphrase_file)
    return root


def test_output_survives_a_terminal_that_knows_ascii_only(
    root: Path, portal: PlayedPortal, passphrase_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    portal.file(draft("Ein Überfall, 日本"))
    desk("import", root, portal.export(), "--portal-key", portal.key_file, passphrase=passphrase_file)
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    assert "Ein \\xdcberfall" in desk("show", root, "2026-0001", passphrase=passphrase_file)


def test_a_reader_that_goes_away_is_no_error(filled: Path, passphrase_file: Path) -> None:
    command = [sys.executable, "-m", "portal.desk.cli", "list", str(filled), "--passphrase-file", str(passphrase_file)]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, "")
