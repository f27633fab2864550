"""The operator of a booted machine: types what docs/operations.md says, and carries sticks to the desks and back."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from portal.age import HybridIdentity
from tests.e2e.onion import client_of, through
from tests.e2e.parts import DESKS, Desk
from tests.e2e.unix import through_socket
from tests.proofs.booted.machine import ROOT, CannotBoot, Machine, soon
from tests.proofs.seizure.visits import Way
from tor import PrivateNetwork

SOURCE = ("portal", "tor", "templates", "deploy", "docs", "requirements", "scripts")
FILES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE")
RELEASE, WHEELS, STICK = "/root/portevoix", "/root/wheels", "/root/stick"
"""Where the operator has unpacked the release and the wheels, and where the stick is."""
INSTALL = f"{RELEASE}/deploy/install.sh"
KEPT_WHEELS = ROOT / ".booted" / "wheels"
START_SECONDS, PUBLISH_SECONDS = 60.0, 180.0
PUBLISHED = "and it answers"
_PYTHON = (3, 11)
"""The Python of Debian 12, for which the wheels must be."""


def wheels() -> Path:
    """What requirements/portal.lock names, fetched once. Raises CannotBoot."""
    lock, kept = ROOT / "requirements" / "portal.lock", KEPT_WHEELS / "portal.lock"
    if kept.exists() and kept.read_bytes() == lock.read_bytes():
        return KEPT_WHEELS
    if sys.version_info[:2] != _PYTHON:
        raise CannotBoot("the wheels for Debian 12 are fetched by a Python 3.11, which this is not")
    shutil.rmtree(KEPT_WHEELS, ignore_errors=True)
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--require-hashes"]
    done = subprocess.run([*command, "-r", str(lock), "-d", str(KEPT_WHEELS)], capture_output=True, check=False)
    if done.returncode:
        raise CannotBoot(f"pip download ended with status {done.returncode}")
    shutil.copyfile(lock, kept)
    return KEPT_WHEELS


class Operator:
    """At one machine, with three desks in folders of here."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine = machine
        self.desks = {name: Desk(name, folder / name) for name in DESKS}
        self.backup_identity = HybridIdentity.generate()
        self._folder = folder
        self._carried = 0
        self._address = ""
        for name in SOURCE:
            machine.put(ROOT / name, f"{RELEASE}/{name}")
        for name in FILES:
            machine.put(ROOT / name, f"{RELEASE}/{name}")
        machine.put(KEPT_WHEELS, WHEELS)
        (machine.root / STICK.lstrip("/")).mkdir()

    def install(self, status: int = 0) -> str:
        """`deploy/install.sh install`; what it says."""
        return self.machine(INSTALL, "install", "--wheels", WHEELS, status=status).err

    def unpack(self, version: str) -> str:
        """Make the unpacked release one of another version; gives the version that it was."""
        path = self.machine.root / f"{RELEASE}/setup.cfg".lstrip("/")
        text = path.read_text()
        found = re.search(r"^version = (\S+)$", text, re.MULTILINE)
        assert found
        path.write_text(text.replace(found[0], f"version = {version}"))
        return found[1]

    def release(self) -> str:
        """The version in use."""
        used = (self.machine.root / "opt/portevoix/current").readlink().name
        return used.partition("-")[0]

    def bring_keys(self) -> None:
        """The desks' public files into the keys folder, and a recipient for backups."""
        for name, desk in self.desks.items():
            for kind in ("recipients", "pub"):
                self.machine.put(desk.folder / "public" / f"{name}.{kind}", f"/etc/portevoix/keys/{name}.{kind}")
        self.machine.append("/etc/portevoix/backup.recipients", f"{self.backup_identity.recipient}\n")

    def enter(self, network: PrivateNetwork) -> None:
        """Make its tor one of a private network."""
        # Four relays are too few for tor to choose guards of a second layer among them.
        lines = [*network.torrc_lines, "VanguardsLiteEnabled 0"]
        self.machine.append("/etc/portevoix/torrc", "\n".join([*lines, ""]))
        self.published(lambda: self.machine("systemctl", "restart", "portevoix-tor"))

    def published(self, act: Callable[[], object]) -> None:
        """Do something, and wait until the portal says anew that its onion address answers."""
        before = self.log().count(PUBLISHED)
        act()
        soon(lambda: self.log().count(PUBLISHED) > before, PUBLISH_SECONDS, "the onion address answers")

    def log(self) -> str:
        """What the portal has said so far."""
        return self.machine.journal("portevoix.service")

    def serves(self) -> bool:
        """Whether the front page comes through the socket."""
        connection = through_socket(self.socket())("portal")
        try:
            connection.request("GET", "/", headers={"Host": self.address()})
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def started(self) -> None:
        """Wait until it serves."""
        soon(self.serves, START_SECONDS, "the portal serves")

    def socket(self) -> Path:
        """The portal's, seen from here."""
        return self.machine.root / "run/portevoix/portal.sock"

    def address(self) -> str:
        """Of its onion service, as the installation says."""
        self._address = self._address or self.machine("portevoix", "address").out.strip()
        return self._address

    def by_socket(self) -> Way:
        """How a visitor comes through the portal's socket."""
        return Way(f"http://{self.address()}", through_socket(self.socket()))

    def by_tor(self, network: PrivateNetwork) -> Way:
        """How a visitor comes through Tor."""
        return Way(f"http://{self.address()}", through(client_of(network)))

    def doctor(self) -> dict[str, str]:
        """The level of each of its checks."""
        done = self.machine("portevoix", "doctor", "--json", status=None)
        return {one["check"]: f"{one['level']}: {one['message']}" for one in json.loads(done.out)}

    def waiting(self, desk: str) -> int:
        """How many items wait."""
        done = self.machine("portevoix", "waiting", desk, status=None)
        count = int(done.out)
        assert done.status == (3 if count else 0), done
        return count

    def exchange(self, name: str) -> None:
        """Carry a bundle to a desk and its pack back."""
        self._carried += 1
        bundle, pack = f"{STICK}/{self._carried}-bundle.tar", f"{STICK}/{self._carried}-pack.tar"
        here = self._folder / "pack.tar"
        said = self.machine("portevoix", "export", name, bundle)
        assert f"{self._carried}-bundle.tar: " in said.out + said.err, said
        desk = self.desks[name]
        key = self.machine.root / "var/lib/portevoix/portal.pub"
        desk("import", self.machine.root / bundle.lstrip("/"), "--portal-key", key)
        here.unlink(missing_ok=True)
        desk("pack", here)
        self.machine.put(here, pack)
        self.machine("portevoix", "import", pack)

    def answer(self, text: str) -> int:
        """Carry everything to the desks, answer all of it, and carry the answers back; how many cases there are."""
        path = self._folder / "answer.txt"
        path.write_text(text, "utf-8")
        cases = 0
        for name, desk in self.desks.items():
            self.exchange(name)
            for case in desk.cases():
                cases += 1
                desk("reply", case["id"], "--status", "under-review", "--text-file", path)
            self.exchange(name)
        return cases

    def close(self) -> None:
        """End the desks' processes."""
        for desk in self.desks.values():
            desk.close()


def versions(machine: Machine) -> str:
    """Of what runs there, in words."""
    systemd = re.search(r"systemd (\d+)", machine.look("systemctl", "--version").out)
    tor = re.search(r"Tor version ([0-9.]+[0-9])", machine.look("tor", "--version").out)
    assert systemd
    assert tor
    return f"Debian 12 with systemd {systemd[1]} and tor {tor[1]}"
