"""`desk settings`: every setting is shown with its meaning, and changed only to what it can be."""

import json
from pathlib import Path

import pytest

from portal.desk import cli, preferences


def test_show_change_and_reset(
    root: Path, passphrase_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: str | Path, status: int = 0) -> str:
        assert cli.main([*map(str, ["settings", root, *words, "--passphrase-file", passphrase_file])]) == status
        out, err = capsys.readouterr()
        return err if status else out

    shown = run()
    for setting in preferences.defined():
        assert setting.key in shown
        assert setting.meaning in shown
    assert set(json.loads(run("--json"))) == {setting.key for setting in preferences.defined()}
    value = tmp_path / "value"
    value.write_text('[{"name": "Ana"}]')
    assert "staff  (this desk's own)" in run("staff", "--value-file", value)
    value.write_text('[{"title": "Ana"}]')
    assert "This is no value for the setting staff" in run("staff", "--value-file", value, status=1)
    assert json.loads(run("staff", "--json"))["staff"][0]["name"] == "Ana"
    assert "own" not in run("staff", "--reset")
    assert "There is no such setting" in run("colour", status=1)
    assert "There is no such setting" in run("--value-file", value, status=1)
