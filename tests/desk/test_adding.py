"""Reports that came by phone or letter: sealed items like every other, and nobody to answer."""

import subprocess
import tarfile
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from portal.age import decrypt
from portal.channels import Channel
from portal.desk import cases, custody, origins, portals
from portal.desk.adding import Told, add
from portal.desk.extracting import extract
from portal.desk.importing import import_bundle
from portal.desk.packing import Packed, make_pack
from portal.desk.portals import Trust
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.errors import DeskError
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, contents, draft


def test_it_is_a_sealed_item_like_every_other(desk: Desk, channels: dict[str, Channel], tmp_path: Path) -> None:
    photo = tmp_path / "plate.jpg"
    photo.write_bytes(b"\xff\xd8plate")
    answers = {"country": "TH", "immediate_danger": "yes"}
    told = Told("travel", "phone", "A hotel.\r\nRoom 12.", answers, "fr", date(2026, 11, 20), [photo])
    case = add(desk, told, channels)
    assert (case.channel, case.received, case.status) == ("travel", "2026-11-20", "received")
    (message,) = cases.messages(desk.casebook, case)
    report = message.report
    assert (report.narrative, report.answers, report.language) == ("A hotel.\nRoom 12.", answers, "fr")
    plain = b"".join(decrypt(desk.keyring.opening(), [desk.folder.sealed(message.sha256).read_bytes()]))
    with tarfile.open(fileobj=BytesIO(plain)) as tar:
        assert tar.getnames() == ["report.json", "report.sig", "report.txt", "attachments/01"]
        text = tar.extractfile("report.txt")
        assert text is not None
        assert "A hotel." in text.read().decode()
    assert extract(desk, case, 1, tmp_path / "out").name == "plate.jpg"
    assert (tmp_path / "out").read_bytes() == b"\xff\xd8plate"


@pytest.mark.parametrize("source", origins.TOLD)
def test_it_says_how_it_came(desk: Desk, channels: dict[str, Channel], source: str) -> None:
    case = add(desk, Told("other", source, "Something."), channels)
    assert origins.source(desk.casebook, case) == source
    *_, last = custody.records(desk.casebook)
    assert (last.entry.act, last.entry.case) == ("added", case.name)
    assert last.details is not None
    assert last.details["source"] == source


def test_nobody_can_be_answered(desk: Desk, channels: dict[str, Channel]) -> None:
    case = add(desk, Told("other", "letter", "Something."), channels)
    before = contents(desk.casebook)
    with pytest.raises(DeskError, match="no mailbox in which an answer could be read"):
        reply(desk, case, "under-review", "", ["police"], desk.today)
    assert contents(desk.casebook) == before


def test_packs_do_not_speak_of_it(
    desk: Desk, channels: dict[str, Channel], portal: PlayedPortal, importing: Import, tmp_path: Path
) -> None:
    add(desk, Told("other", "visit", "Something."), channels)
    assert portals.pinned(desk.casebook) == []
    portal.file(draft("one"))
    importing(portal.export())
    assert [known.name for known in portals.pinned(desk.casebook)] == ["portal"]
    assert make_pack(desk, portals.find(desk.casebook, None), tmp_path / "1") == Packed(1, 1, 0, 0)


def test_names_of_cases_are_unique_whatever_they_came_by(
    desk: Desk, channels: dict[str, Channel], portal: PlayedPortal, importing: Import, tmp_path: Path
) -> None:
    """Two portals, and one letter between them."""
    portal.file(draft("one"))
    importing(portal.export())
    add(desk, Told("other", "letter", "two", received=date(2026, 11, 20)), channels)
    other = PlayedPortal(portal.recipients, tmp_path, counter=50)
    other.file(draft("three"))
    other.file(draft("four"))
    outcome = import_bundle(desk, other.export(), channels, Trust(other.keys.public_key, "second"))
    assert len(outcome.cases) == 2
    names = [case.name for case in cases.listed(desk.casebook)]
    assert sorted(names) == ["2026-0001", "2026-0002", "2026-0003", "2026-0004"]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no such channel": ({"channel": "nonsense"}, "There is no channel"),
    "no such source": ({"source": "by-hand"}, "comes by one of"),
    "nothing said": ({"text": " \n "}, "nothing in this report"),
    "too long": ({"text": "x" * 24_001}, "24,001 bytes"),
    "answers of another form": ({"answers": {"nobody": "asked"}}, "do not fit the form"),
    "tomorrow": ({"received": date(2999, 1, 1)}, "not one up to today"),
    "long ago": ({"received": date(1960, 1, 1)}, "not one up to today"),
    "language": ({"language": "english"}, "report.json"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_changes_nothing(desk: Desk, channels: dict[str, Channel], what: str) -> None:
    changes, sentence = REFUSED[what]
    before = contents(desk.casebook)
    with pytest.raises(DeskError, match=sentence):
        add(desk, Told(**{"channel": "other", "source": "phone", "text": "Something."} | changes), channels)
    assert contents(desk.casebook) == before
    assert list(desk.folder.sealed_items.iterdir()) == []


def test_files_only_where_the_channel_takes_them(
    desk: Desk, channels: dict[str, Channel], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x" * 10)
    with pytest.raises(DeskError, match="takes no files"):
        add(desk, Told("website", "letter", "Something.", files=[file]), channels)
    with pytest.raises(DeskError, match="at most 20 files"):
        add(desk, Told("travel", "letter", "Something.", files=[file] * 21), channels)
    monkeypatch.setattr("portal.limits.ATTACHMENT_BYTES", 9)
    with pytest.raises(DeskError, match="too large"):
        add(desk, Told("travel", "letter", "Something.", files=[file]), channels)
    assert list(desk.folder.sealed_items.iterdir()) == []


def test_the_longest_text_fits(desk: Desk, channels: dict[str, Channel]) -> None:
    case = add(desk, Told("travel", "letter", '"\n' * 11_999 + "xx"), channels)
    assert len(cases.messages(desk.casebook, case)[0].report.narrative) == 24_000


def test_nothing_is_in_clear_on_the_disk(desk: Desk, channels: dict[str, Channel]) -> None:
    add(desk, Told("other", "phone", "kanarienvogel-0815"), channels)
    found = subprocess.run(["grep", "-rl", "kanarienvogel-0815", str(desk.folder.root)], capture_output=True)
    assert found.stdout == b""
