"""desk stats."""

import csv
import json
from pathlib import Path

import pytest

from portal.desk.cli import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(list(arguments))
    out = capsys.readouterr()
    return status, out.out, out.err


def test_says_the_figures(root: Path, passphrase_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "stats", str(root), "--passphrase-file", str(passphrase_file))
    assert status == 0
    assert "By form" in out
    assert "Median days" in out


def test_gives_json(root: Path, passphrase_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "stats", str(root), "--json", "--public", "--passphrase-file", str(passphrase_file))
    assert status == 0
    tables = json.loads(out)
    assert all(row["count"] is None for table in tables for row in table["rows"])


@pytest.mark.parametrize("option", ["--csv", "--pdf"])
def test_writes_a_new_file_only(
    option: str, root: Path, passphrase_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "figures"
    asked = ("stats", str(root), option, str(out), "--passphrase-file", str(passphrase_file))
    status, said, advice = run(capsys, *asked)
    assert status == 0
    assert str(out) in said
    assert "--public" in advice
    if option == "--csv":
        assert next(csv.reader(out.read_text().splitlines()))[0] == "table"
    else:
        assert out.read_bytes().startswith(b"%PDF-")
    assert run(capsys, *asked)[0] == 1


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (("--from", "2026"), "written like 2026-01"),
        (("--from", "2026-05", "--to", "2026-04"), "is after"),
    ],
)
def test_a_wrong_month_is_explained(
    asked: tuple[str, ...], why: str, root: Path, passphrase_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, _, error = run(capsys, "stats", str(root), *asked, "--passphrase-file", str(passphrase_file))
    assert status == 1
    assert why in error
