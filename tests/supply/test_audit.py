"""Known vulnerabilities: read as OSV's schema says, and found by pip-audit itself without network."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from deploy.kit.source import ROOT
from deploy.supply import audit
from deploy.supply.advisories import Database
from deploy.supply.errors import SupplyError

FLASK = "flask"


def advisory(name: str, events: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    affected = {"package": {"name": name, "ecosystem": "PyPI"}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    return {"id": "PYSEC-2026-1", "modified": "2026-10-01T00:00:00Z", "affected": [{**affected, **more}]}


def export(path: Path, *advisories: dict[str, Any]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for number, one in enumerate(advisories):
            archive.writestr(f"{number}.json", json.dumps(one))
    return path


@pytest.mark.parametrize(
    ("events", "affected", "well"),
    [
        ([{"introduced": "0"}], ["0.1", "3.1.3"], []),
        ([{"introduced": "0"}, {"fixed": "3.1"}], ["0.1", "3.0.9", "3.1rc1"], ["3.1", "3.1.0", "10"]),
        ([{"introduced": "2.0"}, {"last_affected": "2.2"}], ["2.0", "2.2", "2.2.0"], ["1.9", "2.2.1"]),
        ([{"introduced": "1"}, {"fixed": "1.5"}, {"introduced": "2"}, {"fixed": "3"}], ["1.2", "2.4"], ["1.5", "3"]),
        ([{"fixed": "3"}, {"introduced": "2"}, {"fixed": "1.5"}, {"introduced": "1"}], ["1.2", "2.4"], ["1.5", "3"]),
        ([{"introduced": "0"}, {"fixed": "nonsense"}], ["1.0"], []),
    ],
)
def test_ranges(tmp_path: Path, events: list[dict[str, str]], affected: list[str], well: list[str]) -> None:
    database = Database(export(tmp_path / "all.zip", advisory("Flask", events)), [FLASK])
    assert [version for version in (*affected, *well) if database.known("flask", version)] == affected


def test_listed_versions_and_other_packages(tmp_path: Path) -> None:
    known = advisory("typing.Extensions", [{"introduced": "9"}], versions=["4.0", "4.1"])
    database = Database(export(tmp_path / "all.zip", known), ["typing-extensions", "flask"])
    assert database.known("typing_extensions", "4.1") == [known]
    assert not database.known("typing-extensions", "4.2")
    assert not database.known("flask", "4.1")


def test_other_ecosystems_are_no_database(tmp_path: Path) -> None:
    stranger = advisory("flask", [{"introduced": "0"}])
    stranger["affected"][0]["package"]["ecosystem"] = "npm"
    with pytest.raises(SupplyError, match="no advisory for PyPI"):
        Database(export(tmp_path / "all.zip", stranger), [FLASK])


@pytest.mark.parametrize("content", [b"", b"no zip", None])
def test_what_is_no_export(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "all.zip"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SupplyError, match="no export of osv"):
        Database(path, [FLASK])


@pytest.mark.parametrize("text", ["[]", "{", '{"affected": 1}', '{"affected": [{"package": {"ecosystem": "PyPI"}}]}'])
def test_what_is_no_advisory(tmp_path: Path, text: str) -> None:
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        archive.writestr("1.json", text)
    with pytest.raises(SupplyError, match="no export of osv"):
        Database(tmp_path / "all.zip", [FLASK])


def alone(database: Path) -> subprocess.CompletedProcess[str]:
    """What `scripts/audit` runs, where there is no network but the loopback, and a proxy that nobody answers at."""
    inside = 'ip link set lo up && exec "$@"'
    command = ["unshare", "--map-root-user", "--net", "sh", "-c", inside, "sh", sys.executable, "-m"]
    proxy = {"http_proxy": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9"}
    return subprocess.run(
        [*command, "deploy.supply.audit", str(database)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **proxy},
    )


def test_pip_audit_finds_it_without_network(tmp_path: Path) -> None:
    """With pip-audit as it is installed, over our own lock files: clean, then with something known of one package."""
    mended = advisory("cryptography", [{"introduced": "0"}, {"fixed": "1.0"}])
    clean = alone(export(tmp_path / "clean.zip", mended))
    assert clean.returncode == 0, clean.stderr
    assert "1 advisories, the newest of 2026-10-01" in clean.stderr
    assert "No known vulnerabilities found" in clean.stderr
    known = advisory("sqlcipher3", [{"introduced": "0"}, {"fixed": "9999"}])
    found = alone(export(tmp_path / "known.zip", mended, known))
    assert found.returncode == 1
    assert [line.split()[::2] for line in found.stdout.splitlines()[2:]] == [["sqlcipher3", "PYSEC-2026-1"]]


def test_a_wrong_file_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert audit.main([str(tmp_path / "none.zip")]) == 1
    assert "no export of osv.dev" in capsys.readouterr().err
    assert audit.main([str(export(tmp_path / "all.zip")), str(ROOT / "requirements" / "none.lock")]) == 1
    assert "none.lock" in capsys.readouterr().err
