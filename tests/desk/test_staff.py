"""What of the staff list is found in a text, however it is written, and what is not."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.desk import cli, preferences, staff
from portal.desk.session import Desk
from portal.desk.staff import Staff
from tests.desk.played import PlayedPortal, draft

ANA = Staff(
    "Ana Müller-Alvès", ["12, rue du Parc, Esch", "ana.muller@example.org"], ["26 12 34 56", "+33 1 40 20 50 50"]
)
FOUND = {
    "her first name": ("Please ask for Ana.", "“ana”"),
    "her family name in capitals": ("Frau MÜLLER wird antworten.", "“muller”"),
    "without accents": ("Madame Alves", "“alves”"),
    "her address": ("Come to 12 rue du parc, Esch.", "an address of Ana"),
    "her mail": ("Write to Ana.Muller@example.org!", "an address of Ana"),
    "her number": ("Call 26123456 now", "a telephone number of Ana"),
    "her number from abroad": ("Call +352 26-12-34-56", "a telephone number of Ana"),
    "her other number": ("Appelez le 0033 1 40 20 50 50", "a telephone number of Ana"),
}
NOT_FOUND = {
    "a longer word": "Analysis of bananas",
    "another street": "12, rue du Port, Esch",
    "the emergency number": "Call 113, or 116 111.",
    "another number": "Call 26 12 34 57.",
    "nothing": "",
}


@pytest.fixture
def with_ana(desk: Desk) -> Desk:
    preferences.put(desk, staff.KEY, [ANA])
    return desk


@pytest.mark.parametrize(("text", "says"), FOUND.values(), ids=FOUND)
def test_found(with_ana: Desk, text: str, says: str) -> None:
    assert any(says in sentence for sentence in staff.mentions(with_ana.casebook, text))


@pytest.mark.parametrize("text", NOT_FOUND.values(), ids=NOT_FOUND)
def test_not_found(with_ana: Desk, text: str) -> None:
    assert staff.mentions(with_ana.casebook, text) == []


def test_without_a_list_nothing_is_found(desk: Desk) -> None:
    assert staff.mentions(desk.casebook, "Ana Müller, 26 12 34 56") == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(text=st.text())
def test_any_text(with_ana: Desk, text: str) -> None:
    staff.mentions(with_ana.casebook, text)


def test_the_list_is_not_in_the_log(with_ana: Desk) -> None:
    said = with_ana.casebook.all("SELECT details FROM log_details")
    assert not any("Ana" in details or "ana" in details for (details,) in said)


def test_an_answer_is_held_back_until_it_is_confirmed(
    root: Path, portal: PlayedPortal, passphrase_file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    portal.file(draft())
    (tmp_path / "text").write_text("Ask for Ana.")
    (tmp_path / "staff").write_text('[{"name": "Ana Alves"}]')

    def run(command: str, *words: str | Path, status: int = 0) -> str:
        line = [command, root, *words, "--passphrase-file", passphrase_file]
        assert cli.main(list(map(str, line))) == status
        out, err = capsys.readouterr()
        return err if status else out

    run("import", portal.export(), "--portal-key", portal.key_file)
    run("settings", "staff", "--value-file", tmp_path / "staff")
    answer = ["2026-0001", "--status", "question", "--text-file", tmp_path / "text"]
    assert "names people of this desk, and nothing was stored. It has “ana”" in run("reply", *answer, status=1)
    assert "Not answered yet" in run("show", "2026-0001")
    run("reply", *answer, "--despite-staff-warning")
    assert "Ask for Ana" in run("show", "2026-0001")
