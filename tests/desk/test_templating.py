"""Texts of answers: all that ship fit, and a desk words its own."""

import json
from pathlib import Path

import pytest

from portal.desk import cli, templating
from portal.desk.session import Desk
from portal.errors import DeskError
from portal.limits import REPLY_TEXT_BYTES
from portal.report import STATUSES
from tests.desk.played import PlayedPortal, draft


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("language", templating.ALL_LANGUAGES)
def test_there_is_a_text(status: str, language: str) -> None:
    text = templating.shipped()[status][language]
    assert 40 < len(text.encode()) < REPLY_TEXT_BYTES / 4
    assert text == text.strip()


def test_no_two_languages_have_the_same_text() -> None:
    for texts in templating.shipped().values():
        assert len(set(texts.values())) == len(templating.ALL_LANGUAGES)


def test_a_desk_words_its_own(desk: Desk) -> None:
    before = templating.text(desk.casebook, "closed", "fr")
    templating.put(desk, "closed", "fr", "  Au revoir.\r\n")
    assert templating.text(desk.casebook, "closed", "fr") == "Au revoir."
    assert templating.text(desk.casebook, "closed", "de") == templating.shipped()["closed"]["de"]
    assert templating.own(desk.casebook) == {("closed", "fr")}
    templating.put(desk, "closed", "fr", "")
    assert templating.text(desk.casebook, "closed", "fr") == before


def test_another_language_is_answered_in_english(desk: Desk) -> None:
    assert templating.text(desk.casebook, "closed", "xx") == templating.shipped()["closed"]["en"]


@pytest.mark.parametrize(
    ("status", "language", "words"), [("lost", "en", "x"), ("closed", "xx", "x"), ("closed", "en", "é" * 2_001)]
)
def test_refused(desk: Desk, status: str, language: str, words: str) -> None:
    with pytest.raises(DeskError):
        templating.put(desk, status, language, words)
    assert templating.own(desk.casebook) == set()


def test_the_commands(
    root: Path,
    portal: PlayedPortal,
    passphrase_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    portal.file(draft("What happened."))

    def run(command: str, *words: str | Path) -> str:
        line = [command, root, *words, "--passphrase-file", passphrase_file]
        assert cli.main(list(map(str, line))) == 0
        return capsys.readouterr().out

    run("import", portal.export(), "--portal-key", portal.key_file)
    own = tmp_path / "text"
    own.write_text("We are looking into it.")
    assert "this desk's own" in run("template", "under-review", "en", "--text-file", own)
    assert run("template").count("(this desk's own)") == 1
    own.write_text("What was the number of the house?")
    run("reply", "2026-0001", "--status", "under-review", "--template", "--text-file", own)
    (answer,) = json.loads(run("show", "2026-0001", "--json", "--answers"))["replies"]
    assert answer["text"] == "We are looking into it.\n\nWhat was the number of the house?"
