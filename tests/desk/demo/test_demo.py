"""What a demonstration must be: invented throughout, believable, made by the real operations, the same each time."""

import re
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from portal.channels import Channel, check_answers, describe
from portal.desk import cases, custody, demo, linking, session
from portal.desk.cli import main
from portal.desk.demo import texts
from portal.desk.demo.answers import invent
from portal.desk.demo.texts import LANGUAGES, narrative
from portal.desk.demo.world import World
from portal.desk.session import Desk
from portal.desk.statistics import tables
from portal.errors import DeskError
from portal.report import STATUSES, Report
from tests.desk.demo.conftest import NOW, REPORTS

_HOST = re.compile(r"https?://([^/\s?#]+)|@([\w.-]+)")


def reports(desk: Desk) -> list[Report]:
    return [m.report for case in cases.listed(desk.casebook, merged=True) for m in cases.messages(desk.casebook, case)]


def test_has_the_reports_that_were_asked_for_and_none_in_quarantine(desk: Desk) -> None:
    assert len(cases.listed(desk.casebook, merged=True)) == REPORTS
    assert desk.casebook.one("SELECT count(*) FROM quarantine") == (0,)


def test_shows_every_channel_language_and_most_statuses(desk: Desk) -> None:
    found = cases.listed(desk.casebook)
    channels = Counter(case.channel for case in found)
    assert set(channels) == {"travel", "grooming", "website", "self", "other"}
    assert channels.most_common(1)[0][0] == "website"
    assert {report.language for report in reports(desk)} == set(LANGUAGES)
    assert len({case.status for case in found}) >= 6
    assert any(case.urgent for case in found)


def test_answers_are_such_as_a_form_gives(desk: Desk, channels: dict[str, Channel]) -> None:
    for report in reports(desk):
        if report.kind == "report":
            check_answers(channels[report.channel], report.answers)
            assert len(describe(channels[report.channel], report.answers, "de")) >= len(report.answers)


@pytest.mark.parametrize("key", ["travel", "grooming", "website", "self", "other"])
def test_every_form_that_can_be_invented_is_one(key: str, channels: dict[str, Channel]) -> None:
    random = Random(5)
    world = World(random, 100)
    for _ in range(200):
        answers, names = invent(random, world, channels[key], NOW.date())
        check_answers(channels[key], answers)
        for language in LANGUAGES:
            assert "{" not in narrative(random, language, key, names)


def test_names_no_host_that_somebody_could_own(desk: Desk) -> None:
    found = 0
    for report in reports(desk):
        for match in _HOST.finditer(str(report.answers) + report.narrative):
            host = (match[1] or match[2]).rstrip("'\",.")
            # An address of an onion service ends in "d", whatever its key: the version is the last byte of it.
            assert host.endswith((".example", ".test", ".invalid", "q.onion")), host
            found += 1
    assert found > REPORTS / 3


def test_no_two_texts_are_the_same(desk: Desk) -> None:
    told = [report.narrative for report in reports(desk) if report.kind == "report" and report.narrative]
    assert len(set(told)) >= len(told) - 2


def test_some_answers_are_taken_some_packed_some_wait(desk: Desk) -> None:
    states = {
        (answer.taken, answer.pack is not None)
        for case in cases.listed(desk.casebook)
        for answer in cases.answers(desk.casebook, case)
    }
    assert states == {(True, True), (False, True), (False, False)}


def test_has_follow_ups_and_attachments(desk: Desk) -> None:
    found = reports(desk)
    assert any(report.kind == "message" for report in found)
    assert {a.type for report in found for a in report.attachments} == {"text/plain", "image/png"}


def test_some_were_referred(desk: Desk) -> None:
    (count, authorities) = desk.casebook.one("SELECT count(*), count(DISTINCT authority) FROM referrals")
    assert count >= 4
    assert authorities >= 2


def test_some_report_the_same_and_some_of_these_are_merged(desk: Desk, channels: dict[str, Channel]) -> None:
    found = cases.listed(desk.casebook, merged=True)
    kinds = {link.kind for case in found for link in linking.links(desk.casebook, case)}
    assert kinds >= {"url", "host", "account", "place"}
    merged = [case for case in found if case.merged_into]
    assert 1 <= len(merged) < REPORTS / 5
    done = [record.entry.act for record in custody.records(desk.casebook) if record.entry.act == "merged"]
    assert len(done) == 2 * len(merged)
    (duplicates,) = [table for table in tables(desk.casebook, channels=channels) if table.name == "duplicates"]
    counted = {row.place: row.count for row in duplicates.rows}
    assert counted == {("yes",): len(merged), ("no",): REPORTS - len(merged)}
    for case in merged:
        assert len(cases.answers(desk.casebook, case)) > 0, "its reporter is told as well"


def test_its_chain_of_custody_holds_and_has_several_people(desk: Desk) -> None:
    assert custody.check(desk.casebook, [desk.keyring.verify_key]) > REPORTS
    entries = [record.entry for record in custody.records(desk.casebook)]
    assert {entry.person for entry in entries} >= {"default", "anouk", "bruno", "claire"}
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    assert entries[-1].at <= NOW.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_ends_today_with_something_new_in_the_inbox(desk: Desk) -> None:
    found = cases.listed(desk.casebook)
    assert max(case.received for case in found) > "2026-11-20"
    assert min(case.received for case in found) < "2025-03"
    assert any(case.status == cases.NEW for case in found)


@pytest.mark.parametrize("person", ["default", "anouk"])
def test_everybody_there_opens_it_with_the_same_passphrase(root: Path, person: str) -> None:
    with session.open_desk(root, demo.PASSPHRASE, person) as opened:
        assert opened.name == "demo"


def test_says_what_it_is(root: Path) -> None:
    assert "NOT FOR REAL USE" in (root / "DEMONSTRATION.txt").read_text()
    assert (root / "passphrase").read_text().strip() == demo.PASSPHRASE


def history(path: Path) -> list[object]:
    with session.open_desk(path, demo.PASSPHRASE) as opened:
        log = [(r.entry.at, r.entry.person, r.entry.act, r.entry.case) for r in custody.records(opened.casebook)]
        return [log, sorted((r.received, r.language, r.narrative, str(r.answers)) for r in reports(opened))]


def test_the_same_seed_gives_the_same_demonstration(tmp_path: Path) -> None:
    for name, seed in (("one", 7), ("same", 7), ("other", 8)):
        demo.make(tmp_path / name, reports=12, seed=seed, now=NOW, work_factor=1)
    assert history(tmp_path / "one") == history(tmp_path / "same")
    assert history(tmp_path / "one") != history(tmp_path / "other")


def test_a_passphrase_of_ones_own_is_written_nowhere(tmp_path: Path) -> None:
    demo.make(tmp_path / "desk", "a passphrase of our own", reports=1, now=NOW, work_factor=1)
    assert not (tmp_path / "desk" / "passphrase").exists()


def test_goes_into_a_new_folder_only(tmp_path: Path) -> None:
    (tmp_path / "desk").mkdir()
    (tmp_path / "desk" / "letter.txt").write_text("mine")
    with pytest.raises(DeskError, match="holds other files"):
        demo.make(tmp_path / "desk", reports=1, now=NOW, work_factor=1)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_its_sentences(language: str) -> None:
    random = Random(1)
    for status in STATUSES[1:]:
        text = texts.texts(language).answers.text(status, random)
        assert 20 < len(text.encode()) < 4_000


def test_the_command_says_what_it_made_and_what_is_next(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "passphrase"
    own.write_text("a passphrase of our own\n")
    path = tmp_path / "desk"
    status = main(["demo", str(path), "--reports", "2", "--seed", "3", "--passphrase-file", str(own)])
    out = capsys.readouterr()
    assert status == 0
    assert "2 invented reports" in out.out
    assert "Nothing in it is real" in out.out
    assert "desk list" in out.err
    assert "a passphrase" not in out.out + out.err
    assert main(["demo", str(path), "--passphrase-file", str(own)]) == 1
    assert main(["demo", str(tmp_path / "none"), "--reports", "0"]) == 1
    assert not (tmp_path / "none").exists()
