"""What is made of the lock files is the newest, and the bills of materials are CycloneDX to the letter."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from deploy.kit import source
from deploy.kit.source import ROOT
from deploy.supply import generated, licences, locks, sbom
from deploy.supply.errors import SupplyError


def lock(part: str) -> list[locks.Pin]:
    return locks.read((ROOT / "requirements" / f"{part}.lock").read_text("utf-8"))


def bill(part: str) -> Any:
    return json.loads((ROOT / generated.bill_of(part)).read_text("utf-8"))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """What the generated files are made of, and these files."""
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    (tmp_path / "docs").mkdir()
    for name in ("setup.cfg", "docs/licences.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_all_are_the_newest() -> None:
    generated.check_current(ROOT)


@pytest.mark.parametrize("name", ["requirements/portal.cdx.json", "requirements/desk.cdx.json", "docs/licences.md"])
def test_an_old_one_is_found(copy: Path, name: str) -> None:
    generated.check_current(copy)
    text = (copy / name).read_text("utf-8")
    (copy / name).write_text(text.replace("cryptography", "cryptographer"), "utf-8")
    with pytest.raises(SupplyError, match=rf"{name} is older"):
        generated.check_current(copy)


def test_a_missing_one_is_found(copy: Path) -> None:
    (copy / "docs" / "licences.md").unlink()
    with pytest.raises(SupplyError, match=r"docs/licences\.md is older"):
        generated.check_current(copy)


@pytest.mark.parametrize("part", generated.PARTS)
def test_a_bill_is_valid(part: str) -> None:
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    text = (ROOT / generated.bill_of(part)).read_text("utf-8")
    assert validator.validate_str(text) is None
    assert validator.validate_str(text.replace('"SHA-256"', '"SHA-257"', 1)) is not None


@pytest.mark.parametrize("part", generated.PARTS)
def test_a_bill_has_what_is_locked(part: str) -> None:
    made = bill(part)
    about = made["metadata"]["component"]
    assert (about["name"], about["version"]) == ("portevoix", source.version())
    found = {
        one["name"]: (one["version"], sorted(each["content"] for each in one["externalReferences"][0]["hashes"]))
        for one in made["components"]
    }
    assert found == {pin.name: (pin.version, sorted(pin.hashes)) for pin in lock(part)}
    assert all(one["licenses"] for one in made["components"])


@pytest.mark.parametrize("part", generated.PARTS)
def test_every_package_is_asked_for(part: str) -> None:
    made = bill(part)
    needs = {one["ref"]: set(one.get("dependsOn", ())) for one in made["dependencies"]}
    reached, todo = {"portevoix"}, ["portevoix"]
    while todo:
        for one in needs[todo.pop()] - reached:
            reached.add(one)
            todo.append(one)
    assert reached == {"portevoix", *(one["bom-ref"] for one in made["components"])}


def test_the_desk_has_nothing_of_the_server() -> None:
    names = {one["name"] for one in bill("desk")["components"]}
    assert "sqlcipher3" in names
    assert not names & {"stem", "sqlalchemy", "psycopg", "alembic"}


def test_no_time_and_one_number_for_one_content() -> None:
    packages = [licences.package(pin) for pin in lock("portal")]
    one, again, other = (sbom.bill("portal", version, packages) for version in ("1.0", "1.0", "1.1"))
    assert one == again
    assert "timestamp" not in json.loads(one)["metadata"]
    assert json.loads(one)["serialNumber"] != json.loads(other)["serialNumber"]
