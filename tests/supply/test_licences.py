"""Licences: each is known, each fits GPL-3.0-or-later, and none is taken on trust."""

import dataclasses
from pathlib import Path

import pytest

from deploy.kit.source import ROOT
from deploy.supply import licences, locks
from deploy.supply.errors import SupplyError


@pytest.fixture(scope="module")
def pins() -> dict[str, locks.Pin]:
    return {pin.name: pin for pin in locks.read((ROOT / "requirements" / "runtime.lock").read_text("utf-8"))}


def test_all_that_run_fit(pins: dict[str, locks.Pin]) -> None:
    licences.check([licences.package(pin) for pin in pins.values()])


@pytest.mark.parametrize(
    ("expression", "fits"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-3-Clause", True),
        ("BSD-3-Clause AND Zlib", True),
        ("MIT OR SSPL-1.0", True),
        ("(MIT OR SSPL-1.0) AND ISC", True),
        ("MIT AND SSPL-1.0", False),
        ("(MIT AND SSPL-1.0) OR CDDL-1.0", False),
        ("GPL-2.0-only", False),
        ("AGPL-3.0-only", False),
        ("BSD-4-Clause", False),
    ],
)
def test_what_fits(expression: str, fits: bool) -> None:
    assert licences.compatible(expression) is fits


def test_one_that_does_not_fit_is_named(pins: dict[str, locks.Pin]) -> None:
    stranger = dataclasses.replace(licences.package(pins["flask"]), licence="GPL-2.0-only")
    with pytest.raises(SupplyError, match=r"flask has the licence GPL-2\.0-only"):
        licences.page([stranger], [])


def test_the_installed_version_counts(pins: dict[str, locks.Pin]) -> None:
    with pytest.raises(SupplyError, match=r"locked as 0\.1"):
        licences.package(dataclasses.replace(pins["flask"], version="0.1"))
    with pytest.raises(SupplyError, match="locked and not installed"):
        licences.package(dataclasses.replace(pins["flask"], name="no-such-package-of-ours"))


def test_a_changed_text_is_read_again(
    pins: dict[str, locks.Pin], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert licences.package(pins["waitress"]).licence == "ZPL-2.1"
    monkeypatch.setattr(licences, "READ", tmp_path / "read.toml")
    licences.READ.write_text(f'[waitress]\nlicence = "ZPL-2.1"\nsha256 = "{"0" * 64}"\n')
    with pytest.raises(SupplyError, match="not the one that was read"):
        licences.package(pins["waitress"])
    licences.READ.write_text("")
    with pytest.raises(SupplyError, match="names no SPDX licence"):
        licences.package(pins["waitress"])


def test_nothing_was_read_in_vain(pins: dict[str, locks.Pin]) -> None:
    assert licences._read().keys() <= pins.keys()
