"""What a search finds, and that nothing which is typed or was written breaks it."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.desk import cases, cli, organising, searching
from portal.desk.filtering import Filter
from portal.desk.replies import reply
from portal.desk.session import Desk
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, draft

TEXTS = {
    "en": "The guide offered photographs of the beach near the harbour.",
    "fr": "L'hôtel près de la gare, deuxième étage, où l'été on voit des élèves.",
    "de": "Der Schwimmlehrer wohnt in der Größenstraße hinter dem Fußballplatz.",
    "lb": "De Mann huet gesot, hie géif all Owend op der Plaz stoen.",
    "pt": "A criança estava sozinha na estação, às três da manhã, com um irmão.",
}
FINDS = {
    "a word": ("harbour", "en"),
    "in capitals": ("HARBOUR", "en"),
    "how it begins": ("photo", "en"),
    "without accents": ("hotel deuxieme", "fr"),
    "with accents that are not there": ("hôtel gâre", "fr"),
    "a compound, by its first part": ("schwimm", "de"),
    "Luxembourgish": ("geif owend", "lb"),
    "Portuguese": ("crianca estacao", "pt"),
    "a phrase": ('"três da manhã"', "pt"),
    "an answer": ("kirchberg", "en"),
}
FINDS_NOTHING = {
    "words that never stand together": '"manhã três"',
    "the middle of a word": "lehrer",
    "words of two reports": "harbour hotel",
    "no word": "  ",
    "signs": '" * - ( : ^',
    "an operator": "harbour AND NOT",
}


@pytest.fixture
def filled(desk: Desk, portal: PlayedPortal, importing: Import) -> Desk:
    """A desk with one report a language."""
    for language, text in TEXTS.items():
        answers = {"immediate_danger": "no", "country": "LU", "city": "Kirchberg" if language == "en" else "Esch"}
        portal.file(draft(text, channel="travel", answers=answers))
    importing(portal.export())
    return desk


@pytest.mark.parametrize(("words", "language"), FINDS.values(), ids=FINDS)
def test_finds(filled: Desk, words: str, language: str) -> None:
    (found,) = searching.search(filled, words)
    case = cases.find(filled.casebook, found.case)
    assert cases.messages(filled.casebook, case)[0].report.narrative == TEXTS[language]
    assert searching.BEGIN in found.snippet


@pytest.mark.parametrize("words", FINDS_NOTHING.values(), ids=FINDS_NOTHING)
def test_finds_nothing(filled: Desk, words: str) -> None:
    assert searching.search(filled, words) == []


def test_answers_and_notes_are_found_and_go_with_what_they_belong_to(filled: Desk) -> None:
    case = cases.find(filled.casebook, "2026-0001")
    organising.note(filled, case, "Telephoned the consulate.")
    reply(filled, case, "question", "Which consulate was it?", ["police"], filled.today)
    assert {found.kind for found in searching.search(filled, "consulate")} == {"note", "reply"}
    with filled.casebook.transaction():
        filled.casebook.run("DELETE FROM notes WHERE case_id = ?", case.id)
    assert {found.kind for found in searching.search(filled, "consulate")} == {"reply"}


def test_only_a_channel_or_a_status(filled: Desk) -> None:
    case = cases.find(filled.casebook, "2026-0001")
    reply(filled, case, "closed", "", ["police"], filled.today)
    assert {found.case for found in searching.search(filled, "luxemb", Filter(status="closed"))} == {case.name}
    assert searching.search(filled, "luxemb", Filter(channel="grooming")) == []
    assert len(searching.search(filled, "luxemb", Filter(channel="travel"))) == len(TEXTS)
    assert len(searching.search(filled, "luxemb", most=2)) == 2


TYPED = st.text() | st.text(st.characters(categories=["Cs", "Cc", "L"])) | st.text("\"*:^-+(){}[]NEAROTD \0'a")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(words=TYPED)
def test_whatever_is_typed(filled: Desk, words: str) -> None:
    searching.search(filled, words)


def test_words_that_are_no_utf_8(filled: Desk) -> None:
    (found,) = searching.search(filled, "harbour\udce9")
    assert "harbour" in found.snippet


def test_the_command(
    root: Path, portal: PlayedPortal, passphrase_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evil = "Look at http://bad.example/x \x1b[31m<b>now</b> \u202e harbour"
    portal.file(draft(evil, channel="travel", answers={"immediate_danger": "yes", "country": "LU"}))

    def run(command: str, *words: str | Path) -> str:
        assert cli.main([*map(str, [command, root, *words, "--passphrase-file", passphrase_file])]) == 0
        return capsys.readouterr().out

    run("import", portal.export(), "--portal-key", portal.key_file)
    shown = run("search", "harbour")
    assert shown.startswith("2026-0001  URGENT  travel, received, narrative of ")
    assert "[harbour]" in shown
    assert "http://" not in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    (found,) = json.loads(run("search", "harb", "--json"))
    assert (found["id"], found["where"], found["urgent"]) == ("2026-0001", "narrative", True)
    assert "bad" in run("search", "hxxp://bad[.]example/x")
    assert "[harbour]" in run("search", "harbour", "--most", str(2**70))
    assert "Nothing has all of this" in run("search", "nowhere")
