from pathlib import Path

from portal.annexes import complete

PAGE = Path(__file__).parents[1] / "docs" / "format.md"


def test_the_annexes_are_up_to_date() -> None:
    text = PAGE.read_text("utf-8")
    assert complete(text) == text, "run scripts/annexes"
