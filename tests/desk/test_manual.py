"""The manual says what there is: its commands, options, labels, pictures and links, in both languages alike."""

import argparse
import re
from pathlib import Path

import pytest

from deploy.kit.manual import PAGES, anchor, page
from portal.desk.cli import _parser
from portal.desk.web import menu, wording

ROOT = Path(__file__).parents[2]
TEXTS = {name: (ROOT / "docs" / name).read_text("utf-8") for name in PAGES}
TABLE = {"desk.md": "## All commands", "desk.fr.md": "## Toutes les commandes"}
NOT_OF_THE_PAGE = {"Linux.", "0", "1", "2"}
"""Bold in both languages, and no label."""


def parsers() -> dict[str, argparse.ArgumentParser]:
    """Every command of the desk, and what reads its options."""
    (commands,) = (action for action in _parser()._actions if isinstance(action, argparse._SubParsersAction))
    return dict(commands.choices)


def calls(text: str) -> list[str]:
    """Every command that a text tells to type."""
    return re.findall(r"`desk ([a-z][^`]*)`", text)


def bold(text: str) -> set[str]:
    return {found.rstrip(":") for found in re.findall(r"\*\*(.+?)\*\*", text)}


def shown() -> str:
    """All that the pages can show, as it stands in the sources."""
    templates = [path.read_text("utf-8") for path in sorted((ROOT / "templates" / "desk").rglob("*.html"))]
    return "\n".join([*templates, *(Path(module.__file__).read_text("utf-8") for module in (menu, wording))])


@pytest.mark.parametrize("name", PAGES)
def test_the_table_has_every_command(name: str) -> None:
    table = TEXTS[name].partition(TABLE[name])[2]
    assert sorted(re.findall(r"^\| `desk ([a-z-]+)", table, re.MULTILINE)) == sorted(parsers())


@pytest.mark.parametrize("name", PAGES)
def test_every_command_and_option_exists(name: str) -> None:
    known = parsers()
    for call in calls(TEXTS[name]):
        command, *words = call.split()
        if command == "COMMAND" or command == "COMMANDE":
            continue
        assert command in known, call
        options = {option for action in known[command]._actions for option in action.option_strings}
        assert {word for word in words if word.startswith("-")} <= options, call


def test_every_label_is_on_a_page() -> None:
    labels = set.intersection(*map(bold, TEXTS.values())) - NOT_OF_THE_PAGE
    assert len(labels) > 30
    sources = shown()
    assert [label for label in sorted(labels) if label not in sources] == []


def test_both_languages_have_the_same_parts() -> None:
    english, french = (TEXTS[name] for name in PAGES)
    for pattern in (r"^#+ ", r"^!\[[^]]*\]\((\S+)\)", r"^\d+\. ", r"^\| "):
        assert re.findall(pattern, english, re.MULTILINE) == re.findall(pattern, french, re.MULTILINE), pattern


@pytest.mark.parametrize("name", PAGES)
def test_pictures_and_links_lead_somewhere(name: str) -> None:
    for picture in re.findall(r"!\[[^]]+\]\((\S+)\)", TEXTS[name]):
        assert (ROOT / "docs" / picture).is_file(), picture
    anchors = {anchor(heading) for heading in re.findall(r"^#+ (.+)$", TEXTS[name], re.MULTILINE)}
    linked = set(re.findall(r"\]\(#([^)]+)\)", TEXTS[name]))
    assert linked <= anchors
    assert len(linked) > 10


@pytest.mark.parametrize("name", PAGES)
def test_no_picture_lies_unused(name: str) -> None:
    used = set(re.findall(r"\(pictures/([\w-]+\.png)\)", TEXTS[name]))
    assert {path.name for path in (ROOT / "docs" / "pictures").glob("*.png")} - used <= {
        "inbox-narrow.png",
        "locked.png",
    }


def test_as_a_page() -> None:
    html = page(TEXTS["desk.md"], "en")
    assert '<h2 id="every-day">Every day</h2>' in html
    assert "<td><code>desk verify DIR</code></td>" in html
    assert '<html lang="en">' in html
    assert "<script" not in html
