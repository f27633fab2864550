"""The Linux half of a kit, installed and used where there is no network, as on a desk's machine."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit.conftest import ROOT, Kit

pytestmark = pytest.mark.e2e
PASSPHRASE = "six words for the kit alone"
ALONE = ("unshare", "--map-root-user", "--net")


@dataclass(frozen=True)
class Machine:
    """A machine that never saw a network: an empty home, no cache of pip, no index, and no checkout of ours."""

    home: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            **{"HOME": str(self.home), "PATH": "/usr/local/bin:/usr/bin:/bin", "TERM": "dumb", "BROWSER": "true"},
            **{"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": "/dev/null"},
        }

    def run(self, *command: object, status: int = 0, typed: str = "") -> str:
        words = [*ALONE, *map(str, command)]
        done = subprocess.run(
            words, capture_output=True, text=True, check=False, env=self.environment, input=typed, cwd=self.home
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr if status else done.stdout

    def desk(self, *arguments: object, status: int = 0) -> str:
        command = self.home / ".local" / "bin" / "desk"
        return self.run(command, *arguments, "--passphrase-file", self.home / "passphrase", status=status)


@pytest.fixture(scope="module")
def machine(kit: Kit, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """The kit is installed on it, with its signature checked."""
    machine = Machine(tmp_path_factory.mktemp("home"))
    (machine.home / "passphrase").write_text(PASSPHRASE + "\n")
    said = machine.run("sh", kit.folder / "linux" / "install.sh", "--key", kit.key_file)
    assert "The desk is installed" in said
    return machine


def test_the_builder_says_what_it_made(kit: Kit) -> None:
    assert "SHA-256: " in kit.said
    assert kit.key_file.read_text().splitlines()[1] in kit.said
    assert "NOT signed" not in kit.said


def test_a_desk_works_from_it(machine: Machine) -> None:
    """Made, listed, proven, and a case referred: that needs SQLCipher, fonts, typst and all data files of the wheel."""
    desk, out = machine.home / "demo", machine.home / "referral"
    machine.desk("demo", desk, "--reports", "8")
    cases = json.loads(machine.desk("list", desk, "--json"))
    assert 0 < len(cases) <= 8
    assert "Whole" in machine.desk("verify", desk)
    machine.desk("refer", desk, cases[0]["id"], out)
    assert (out / "referral.pdf").read_bytes().startswith(b"%PDF-")
    assert (out / "manifest.json.minisig").exists()
    figures = machine.home / "figures.pdf"
    machine.desk("stats", desk, "--pdf", figures)
    assert figures.read_bytes().startswith(b"%PDF-")


def test_nothing_of_the_checkout_is_used(machine: Machine) -> None:
    (program,) = (machine.home / ".local" / "share" / "portevoix-desk").iterdir()
    where = machine.run(program / "bin" / "python", "-c", "import portal; print(portal.__file__)")
    assert where.startswith(str(program))
    assert not where.startswith(str(ROOT))
    assert machine.run(program / "bin" / "python", "-m", "pip", "check").strip() == "No broken requirements found."
    assert (program / "manual" / "desk.html").exists()


def test_the_page_is_opened_for_who_lives_in_no_terminal(machine: Machine) -> None:
    """The entry in the menu asks where the desk is; where there is none and nobody wants one, it stops."""
    entry = (machine.home / ".local/share/applications/portevoix-desk.desktop").read_text("utf-8")
    script = entry.partition('Exec=sh "')[2].partition('"')[0]
    said = machine.run("sh", script, typed="\n\n")
    assert f"There is no desk in {machine.home}/Documents/Portevoix yet." in said
    assert not (machine.home / "Documents").exists()


def test_the_first_day_of_who_lives_in_no_terminal(machine: Machine) -> None:
    """The entry in the menu makes the desk, with a passphrase, and opens the page, which asks for it again."""
    (script,) = (machine.home / ".local" / "share" / "portevoix-desk").glob("*/open-desk.sh")
    command = [*ALONE, "script", "--quiet", "--return", "--command", f"exec sh {script}", "/dev/null"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=machine.environment, cwd=machine.home, text=True
    ) as process:
        for prompt, answer in (
            ("type another folder: ", ""),
            ("press Enter: ", "police"),
            ("for example anna): ", "anna"),
            ("New passphrase of the desk: ", PASSPHRASE),
            ("The same once more: ", PASSPHRASE),
            ("Ctrl-C closes it.", "\x03"),
        ):
            reply(process, prompt, answer)
        assert process.wait() == 0
    assert (machine.home / "Documents" / "Portevoix" / "keyring" / "anna.age").exists()
    assert "Portevoix" in (machine.home / ".config" / "portevoix-desk-folder").read_text("utf-8")


def reply(process: subprocess.Popen[str], prompt: str, answer: str) -> None:
    """Wait until a program on a terminal has asked, then type."""
    assert process.stdout is not None
    assert process.stdin is not None
    seen = ""
    while prompt not in seen:
        character = process.stdout.read(1)
        assert character, seen
        seen += character
    process.stdin.write(answer + "\n")
    process.stdin.flush()


def test_installing_again_changes_nothing(kit: Kit, machine: Machine) -> None:
    (before,) = (machine.home / ".local" / "share" / "portevoix-desk").iterdir()
    made = (before / "complete").stat().st_mtime_ns
    machine.run("sh", kit.folder / "linux" / "install.sh")
    (after,) = (machine.home / ".local" / "share" / "portevoix-desk").iterdir()
    assert (after, (after / "complete").stat().st_mtime_ns) == (before, made)


def test_a_changed_kit_is_not_installed(kit: Kit, tmp_path: Path) -> None:
    copy = tmp_path / "kit"
    shutil.copytree(kit.folder, copy, ignore=shutil.ignore_patterns("windows"))
    home = tmp_path / "home"
    home.mkdir()
    refused = Machine(home).run("sh", copy / "linux" / "install.sh", status=1)  # a part of it is missing
    assert "not as it was made" in refused
    sums = copy / "SHA256SUMS"
    lines = sums.read_text("utf-8").splitlines(keepends=True)
    sums.write_text("".join(line for line in lines if "  windows/" not in line))
    refused = Machine(home).run("sh", copy / "linux" / "install.sh", "--key", kit.key_file, status=1)
    assert "The signature is not of this key" in refused
    (copy / "SHA256SUMS.minisig").unlink()
    refused = Machine(home).run("sh", copy / "linux" / "install.sh", "--key", kit.key_file, status=1)
    assert "This kit is not signed" in refused
    assert list(home.iterdir()) == []
