"""One status for many cases: who is told what, in which language, and what happens when it is done again."""

from pathlib import Path

import msgspec
import pytest

from portal.channels import Channel
from portal.desk import adding, bulk, cases, cli, custody, preferences, staff, templating
from portal.desk.adding import Told
from portal.desk.bulk import Wish
from portal.desk.cases import Case
from portal.desk.session import Desk
from portal.errors import DeskError
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, draft

OUTSIDE = Wish("outside-remit", "With regards.", template=True)


@pytest.fixture
def names(desk: Desk, portal: PlayedPortal, importing: Import, channels: dict[str, Channel]) -> list[str]:
    """Three reports of a portal, in English, French and Portuguese, and one that came by telephone."""
    for language in ("en", "fr", "pt"):
        said = draft("Nothing for us.")
        portal.file(msgspec.structs.replace(said, language=language))
    importing(portal.export())
    adding.add(desk, Told("website", "phone", "told", {}, "en", None), channels)
    return [case.name for case in cases.listed(desk.casebook)]


def last(desk: Desk, name: str) -> str | None:
    answers = cases.answers(desk.casebook, found(desk, name))
    return answers[-1].reply.text if answers else None


def found(desk: Desk, name: str) -> Case:
    return cases.find(desk.casebook, name)


def language(desk: Desk, name: str) -> str:
    return cases.messages(desk.casebook, found(desk, name))[0].report.language


def test_each_reporter_reads_their_own_language(desk: Desk, names: list[str]) -> None:
    seen = []
    outcome = bulk.set_status(desk, [*names, "2020-0001"], OUTSIDE, lambda done, total: seen.append((done, total)))
    assert sorted(outcome.told) + outcome.untold == names
    assert outcome.skipped == [("2020-0001", "There is no case with this ID.")]
    assert outcome.languages == {"en": 1, "fr": 1, "pt": 1}
    for name in outcome.told:
        ours = templating.shipped()["outside-remit"][language(desk, name)]
        assert last(desk, name) == f"{ours}\n\nWith regards."
    assert {found(desk, name).status for name in names} == {"outside-remit"}
    assert last(desk, outcome.untold[0]) is None
    assert seen == [(5, 5)]
    acts = [(record.entry.act, record.entry.case) for record in custody.records(desk.casebook)]
    assert acts[-4:] == [*(("replied", name) for name in outcome.told), ("status", outcome.untold[0])]


def test_done_again_nobody_is_told_twice(desk: Desk, names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Broken off after its first chunk, the rest is done by the same call."""
    monkeypatch.setattr(bulk, "CHUNK_CASES", 2)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bulk.set_status(desk, names, OUTSIDE, stop)
    assert desk.casebook.one("SELECT count(*) FROM replies") == (2,)
    outcome = bulk.set_status(desk, names, OUTSIDE)
    assert (len(outcome.told), len(outcome.untold), len(outcome.skipped)) == (1, 1, 2)
    before = desk.casebook.one("SELECT count(*) FROM log")
    again = bulk.set_status(desk, names, OUTSIDE)
    assert {reason for _, reason in again.skipped} == {
        "Its reporter was told the same already.",
        "It has this status already, and no mailbox.",
    }
    assert desk.casebook.one("SELECT count(*) FROM log") == before
    other = bulk.set_status(desk, names, Wish("outside-remit", "Other words."))
    assert len(other.told) == 3


def test_a_preview_is_what_happens_and_changes_nothing(desk: Desk, names: list[str]) -> None:
    before = desk.casebook.one("SELECT count(*) FROM log")
    shown = bulk.preview(desk.casebook, names, OUTSIDE)
    assert desk.casebook.one("SELECT count(*) FROM log") == before
    assert bulk.set_status(desk, names, OUTSIDE) == shown


def test_urgent_ones_are_named(desk: Desk, portal: PlayedPortal, importing: Import) -> None:
    portal.file(draft("danger", channel="travel"))
    portal.file(draft("none"))
    importing(portal.export())
    names = [case.name for case in cases.listed(desk.casebook)]
    (urgent,) = [case.name for case in cases.listed(desk.casebook) if case.urgent]
    assert bulk.preview(desk.casebook, names, OUTSIDE).urgent == [urgent]
    assert bulk.set_status(desk, names, OUTSIDE).urgent == [urgent]
    assert bulk.set_status(desk, names, OUTSIDE).urgent == []


def test_refused(desk: Desk, names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DeskError, match="No case is named"):
        bulk.set_status(desk, [], OUTSIDE)
    with pytest.raises(DeskError, match="4,000 bytes"):
        bulk.set_status(desk, names, Wish("closed", "x" * 3999, template=True))
    with pytest.raises(DeskError, match="no such status"):
        bulk.preview(desk.casebook, names, Wish("gone"))  # type: ignore[arg-type]
    monkeypatch.setattr(bulk, "MOST_CASES", 3)
    with pytest.raises(DeskError, match="more than 3 cases"):
        bulk.set_status(desk, names, OUTSIDE)
    assert desk.casebook.one("SELECT count(*) FROM replies") == (0,)


def test_the_command(
    root: Path, portal: PlayedPortal, passphrase_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--passphrase-file", str(passphrase_file)]
    portal.file(draft("one"))
    assert cli.main(["import", str(root), str(portal.export()), "--portal-key", str(portal.key_file), *words]) == 0
    capsys.readouterr()
    told = ["status", str(root), "outside-remit", "2026-0001", "2026-0002", "--template", *words]
    assert cli.main(told) == 1
    out, err = capsys.readouterr()
    assert "error: 1 ID of no case here, the others are done: 2026-0002\n" in err
    assert out == (
        "1 reporter told: outside-remit (1 in en).\n"
        "1 case left as it was: There is no case with this ID.\n"
        "    2026-0002\n"
    )
    assert cli.main([*told, "--json"]) == 1
    said = msgspec.json.decode(capsys.readouterr().out)
    assert (said["told"], [skip["id"] for skip in said["skipped"]]) == ([], ["2026-0001", "2026-0002"])
    told.remove("2026-0002")
    assert cli.main(told) == 0


def test_names_of_the_desks_people_are_held_back(desk: Desk) -> None:
    preferences.put(desk, staff.KEY, [staff.Staff("Ana Alves")])
    assert bulk.warnings(desk.casebook, Wish("closed", "Ask Alves.")) == ["It has “alves”, a name of Ana Alves."]
    assert bulk.warnings(desk.casebook, Wish("closed", "Ask us.", template=True)) == []
