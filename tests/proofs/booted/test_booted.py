"""The short part of the proof: what it says where no machine can be booted, and what its checks find."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.planted import logging_portal
from tests.proofs import booted
from tests.proofs.booted import machine, operator, probe, walls
from tests.proofs.booted.machine import CannotBoot


def test_a_machine_that_cannot_boot_another_says_so_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.shutil, "which", lambda name: None)
    monkeypatch.setattr(machine.os, "geteuid", lambda: 0)
    found = booted.prove()
    assert not found.ok
    assert found.result.startswith("could not be run here: there is no debootstrap: install the Debian package ")


def test_without_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine.os, "geteuid", lambda: 1000)
    assert booted.prove().result == "could not be run here: it needs root."


def test_another_python_than_debians(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(operator, "KEPT_WHEELS", tmp_path)
    monkeypatch.setattr(operator.sys, "version_info", (3, 13, 0))
    with pytest.raises(CannotBoot, match=r"Python 3\.11"):
        operator.wheels()


def test_a_walk_that_breaks_did_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(booted, "bare", lambda: None)
    monkeypatch.setattr(booted, "wheels", lambda: None)
    monkeypatch.setattr(booted.sys, "executable", "/bin/false")
    assert booted.prove() == booted.Outcome(False, "could not be run here: the walk ended with status 1.")


def test_a_process_that_shares_the_machines_namespaces_is_found() -> None:
    own, shared = Path("/proc/self"), Path(f"/proc/{os.getpid()}")
    assert walls.shared(own, shared) == [f"the {name} namespace of the machine" for name in walls.APART]


def test_a_process_with_privileges_is_found() -> None:
    text = Path("/proc/self/status").read_text()
    shut = "".join(f"{name}:\t{value}\n" for name, value in {**walls.STATUS, "Uid": "997\t997\t997\t997"}.items())
    assert walls.of_status(shut) == []
    assert walls.of_status(text) != []


def refused() -> None:
    raise PermissionError


def test_the_probe_tells_what_can_be_done_from_what_cannot() -> None:
    attempt = probe.FORBIDDEN["open an internet socket"]
    assert probe.possible({"open an internet socket": attempt, "refused": refused}) == ["open an internet socket"]
    assert "read its secrets" not in probe.possible({"read its secrets": probe.EXPECTED["read its secrets"]})


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_the_probe_does_nothing_as_root() -> None:
    done = subprocess.run([sys.executable, probe.__file__], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")


def test_the_planted_portal_is_a_portal_that_logs() -> None:
    done = subprocess.run(
        [sys.executable, logging_portal.__file__, "--help"], capture_output=True, text=True, check=True
    )
    assert "serve" in done.stdout
