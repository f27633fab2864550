"""The whole way through all five channels, without browser and Tor, on both databases, with the real programs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from portal.trial.reporter import Page, Reporter, Upload
from tests.e2e.parts import Portal, serving
from tests.e2e.reports import CANARY, SAMPLES, Sample
from tests.postgres import Server

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def portal(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    database = None
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        database = server.new_database()
    with serving(tmp_path_factory.mktemp(request.param), "--no-tor", database=database) as made:
        yield made


def file(portal: Portal, sample: Sample, *, multipart: bool = True) -> tuple[Reporter, Page]:
    reporter = Reporter(portal.url)
    form = reporter.open(f"/{sample.language}/report/{sample.channel}").form("narrative")
    uploads = [
        ("attachment", Upload(f"{CANARY}-{n}.jpg", "image/jpeg", len(data), [data]))
        for n, data in enumerate(sample.attachments)
    ]
    return reporter, reporter.send(form, sample.values, uploads, multipart=multipart or bool(uploads))


def enter(portal: Portal, words: str) -> tuple[Reporter, Page]:
    reporter = Reporter(portal.url)
    return reporter, reporter.send(reporter.open("/en/mailbox").form("receipt"), {"receipt": words})


@dataclass
class Filed:
    """All samples filed, and what the desks then hold: words by channel, cases by desk and channel."""

    words: dict[str, str] = field(default_factory=dict)
    cases: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)


@pytest.fixture(scope="module")
def filed(portal: Portal) -> Filed:
    made = Filed()
    for sample in SAMPLES:
        reporter, page = file(portal, sample, multipart=sample.channel != "other")
        assert page.status == 200
        assert "status" in page.roles
        assert "alert" not in page.roles
        made.words[sample.channel] = words = page.texts["receipt"]
        confirmed = reporter.send(page.form("word"), {"word": words.split(" ")[4]})
        assert "receipt-confirmed" in confirmed.texts
    for name, desk in portal.desks.items():
        portal.exchange(name)
        for case in desk.cases():
            made.cases[name, case["channel"]] = case
    return made


@pytest.fixture(scope="module")
def answered(portal: Portal, filed: Filed, tmp_path_factory: pytest.TempPathFactory) -> Filed:
    text = tmp_path_factory.mktemp("answer") / "answer.txt"
    text.write_text("Thank you.\nWe look into it.", "utf-8")
    for sample in SAMPLES:
        case = filed.cases[sample.desks[-1], sample.channel]
        portal.desks[sample.desks[-1]]("reply", case["id"], "--status", "under-review", "--text-file", text)
    for name in portal.desks:
        portal.exchange(name)
    return filed


each_sample = pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.channel)


@each_sample
def test_a_report_is_at_its_desks_and_at_no_other(portal: Portal, filed: Filed, sample: Sample, tmp_path: Path) -> None:
    assert len(filed.words[sample.channel].split(" ")) == 8
    assert [name for name in portal.desks if (name, sample.channel) in filed.cases] == sample.desks
    for name in sample.desks:
        desk, case = portal.desks[name], filed.cases[name, sample.channel]
        assert (case["status"], case["urgent"]) == ("received", sample.urgent)
        [report] = desk.show(case["id"])["messages"]
        assert report["narrative"] == sample.narrative
        assert {key: report["answers"][key] for key in sample.answers} == sample.answers
        for number, content in enumerate(sample.attachments, 1):
            out = tmp_path / f"{name}-{number}"
            desk("extract", case["id"], str(number), out)
            assert out.read_bytes() == content


@each_sample
def test_the_words_read_the_answer_and_a_follow_up_arrives(portal: Portal, answered: Filed, sample: Sample) -> None:
    words = answered.words[sample.channel]
    reporter, page = enter(portal, words)
    [(status, reply)] = page.replies
    assert status == "under-review"
    assert "Thank you.\nWe look into it." in reply

    sent = reporter.send(page.form("message"), {"message": f"{CANARY} once more"}, multipart=False)
    assert (sent.status, "status" in sent.roles) == (200, True)
    name = sample.desks[-1]
    portal.exchange(name)
    messages = portal.desks[name].show(answered.cases[name, sample.channel]["id"])["messages"]
    assert [message["narrative"] for message in messages] == [sample.narrative, f"{CANARY} once more"]

    gone = reporter.send(sent.form("reply"), {})
    assert gone.replies == []
    assert enter(portal, words)[1].replies == []


def test_a_repeat_shows_the_same_words_and_stores_nothing(portal: Portal) -> None:
    desk = portal.desks["ecpat"]
    before = len(desk.cases())
    reporter = Reporter(portal.url)
    form = reporter.open("/de/report/other").form("narrative")
    sample = SAMPLES[-1]
    pages = [reporter.send(form, sample.values) for _ in range(3)]
    assert len({page.texts["receipt"] for page in pages}) == 1
    portal.exchange("ecpat")
    assert len(desk.cases()) == before + 1


def test_a_first_visit_takes_three_requests_and_200_kib(portal: Portal) -> None:
    reporter = Reporter(portal.url)
    reporter.open("/")
    page = reporter.send(reporter.open("/fr/report/travel").form("narrative"), SAMPLES[0].values)
    assert page.texts["receipt"]
    assert reporter.requests == 3
    assert reporter.received <= 200 * 1024


def test_the_portal_stops_within_five_seconds_and_holds_nothing_in_clear(
    portal: Portal, request: pytest.FixtureRequest
) -> None:
    """Last of this file: after all of the above, no canary in any file of the portal, nor in its log."""
    words = file(portal, SAMPLES[-1])[1].texts["receipt"]
    assert portal.stop() < 5
    folders = [portal.state, portal.temporary, portal.keys]
    if "postgresql" in request.node.name:
        folders.append(request.getfixturevalue("postgres").folder)
    searched = 0
    for path in [portal.log, *(path for folder in folders for path in folder.rglob("*"))]:
        if path.is_file():
            content = path.read_bytes()
            searched += len(content)
            assert CANARY.encode() not in content, path
            assert words.encode() not in content, path
    assert searched > 64 * 1024
    portal.start("--no-tor")
    assert enter(portal, words)[1].status == 200
