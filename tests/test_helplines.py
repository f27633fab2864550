"""The help lines: those that ship, and what is wrong in a file."""

from datetime import date

import pytest

from portal import helplines
from portal.channels import LANGUAGES, load
from portal.errors import SettingsError

LINES = helplines.load()
GOOD = """
[line]
name = { en = "L", fr = "L", de = "L" }
number = "116 111"
checked = 2026-11-25
channels = ["*"]
"""


def test_the_lines_of_luxembourg():
    assert {key: line.number for key, line in LINES.items()} == {
        "police": "113",
        "emergency": "112",
        "kjt": "116 111",
        "beesecure": "8002 1234",
        "parents": "8002-4444",
        "takeitdown": None,
    }
    assert LINES["takeitdown"].web == "takeitdown.ncmec.org"
    assert {line.checked for line in LINES.values()} == {date(2026, 11, 25)}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_has_a_name(language: str):
    assert all(line.name.text(language) for line in LINES.values())


def test_every_channel_that_a_line_names_exists():
    assert {channel for line in LINES.values() for channel in line.channels} <= {*load(), helplines.EVERY_CHANNEL}


def test_every_channel_shows_the_emergency_numbers():
    for key in load():
        assert {"113", "112"} <= {line.number for line in helplines.for_channel(LINES, key)}


def test_the_channel_says_which_come_first():
    shown = helplines.for_channel(LINES, "self", ["kjt", "gone", "parents"])
    assert [line.number or line.web for line in shown] == ["116 111", "113", "112", "8002 1234", "takeitdown.ncmec.org"]


def test_an_operators_own_file(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(GOOD + 'number_abroad = "+352 116 111"\nlanguages = ["lb", "fr"]\n', "utf-8")
    assert helplines.load(path)["line"].number_abroad == "+352 116 111"


@pytest.mark.parametrize(
    ("content", "key", "reason"),
    [
        (GOOD.replace('number = "116 111"\n', ""), "line", "neither number nor web"),
        (GOOD.replace('"116 111"', '"call us"'), "line.number", "regex"),
        (GOOD + 'number_abroad = "352 116"', "line.number_abroad", "regex"),
        (GOOD.replace("checked = 2026-11-25\n", ""), "line.checked", "missing"),
        (GOOD.replace("2026-11-25", '"yesterday"'), "line.checked", "date"),
        (GOOD.replace(', de = "L"', ""), "line.name.de", "missing"),
        (GOOD + 'languages = ["french"]', "line.languages", "regex"),
        ("line = 3", "line", "expected `object`"),
        (GOOD + 'fax = "1"', "line.fax", "nothing has this name"),
        (GOOD + "[\n", "is not TOML", "line"),
    ],
)
def test_what_is_wrong_is_said(content: str, key: str, reason: str, tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(content, "utf-8")
    with pytest.raises(SettingsError) as caught:
        helplines.load(path)
    message = str(caught.value)
    assert message.startswith("The file own.toml is ")
    assert key in message
    assert reason in message


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(SettingsError, match=r"own\.toml cannot be read"):
        helplines.load(tmp_path / "own.toml")
