"""The folder ./trial: a portal and its three desks, made with the commands that their users have."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

DESKS = ("police", "stopline", "ecpat")
PASSPHRASE = "trial passphrase, not for real use"
WARNING = """\
This folder is a trial: its passphrase is printed by scripts/run and stands in the file `passphrase`, and the desks lie
on the same machine as the portal. Nothing in it protects anybody. Never receive a real report with it.
"""
Say = Callable[[str], None]


class Trial:
    """The parts of a trial folder; `make` makes what is missing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.keys = folder / "keys"
        self.passphrase = folder / "passphrase"

    def make(self, say: Say) -> None:
        """Make what is missing: passphrase, three desks, keys folder, portal."""
        self.keys.mkdir(parents=True, exist_ok=True)
        (self.folder / "NOT-FOR-REAL-USE.txt").write_text(WARNING)
        self.passphrase.write_text(PASSPHRASE + "\n")
        for name in DESKS:
            desk = self.folder / name
            if not (desk / "public" / f"{name}.pub").exists():
                say(f"Making the desk {name} …")
                self.desk("init", "--desk", name, str(desk))
            for path in (desk / "public").iterdir():
                (self.keys / path.name).write_bytes(path.read_bytes())
        if not (self.state / "portal.pub").exists():
            say("Making the portal …")
            self.portal("init", "--state", str(self.state))

    def desk(self, *arguments: str) -> str:
        """Run `desk …` with the trial passphrase; gives what it prints. Raises CalledProcessError."""
        return _run("desk", *arguments, "--passphrase-file", str(self.passphrase))

    def portal(self, *arguments: str) -> str:
        """Run `portal …`; gives what it prints. Raises CalledProcessError."""
        return _run("portal", *arguments)


def program(name: str) -> str:
    """The path of `portal` or `desk` beside this interpreter."""
    return str(Path(sys.executable).parent / name)


def _run(name: str, *arguments: str) -> str:
    command = [program(name), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own program
    if done.returncode:
        sys.stderr.write(done.stderr)
        done.check_returncode()
    return done.stdout
