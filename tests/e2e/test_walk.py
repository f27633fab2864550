"""The whole way through all five channels, without browser and Tor, on both databases, with the real programs."""

from collections.abc import Iterator
from pathlib import Path

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


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.channel)
def test_a_report_and_its_answer(portal: Portal, sample: Sample, tmp_path: Path) -> None:
    before = {name: {case["id"] for case in portal.desks[name].cases()} for name in sample.desks}
    reporter, page = file(portal, sample, multipart=sample.channel != "other")
    assert page.status == 200
    words = page.texts["receipt"]
    assert len(words.split(" ")) == 8
    assert "status" in page.roles
    assert "alert" not in page.roles
    confirmed = reporter.send(page.form("word"), {"word": words.split(" ")[4]})
    assert "receipt-confirmed" in confirmed.texts

    for name in sample.desks:
        portal.exchange(name)
        desk = portal.desks[name]
        [case] = [case for case in desk.cases() if case["id"] not in before[name]]
        assert (case["channel"], case["status"], case["urgent"]) == (sample.channel, "received", sample.urgent)
        shown = desk.show(case["id"])
        [report] = shown["messages"]
        assert report["narrative"] == sample.narrative
        assert {key: report["answers"][key] for key in sample.answers} == sample.answers
        for number, content in enumerate(sample.attachments, 1):
            out = tmp_path / f"{name}-{number}"
            desk("extract", desk.folder, case["id"], str(number), out)
            assert out.read_bytes() == content

    text = tmp_path / "answer.txt"
    text.write_text("Thank you.\nWe look into it.", "utf-8")
    desk("reply", desk.folder, case["id"], "--status", "under-review", "--text-file", text)
    portal.exchange(name)
    reporter, page = enter(portal, words)
    [(status, reply)] = page.replies
    assert status == "under-review"
    assert "Thank you.\nWe look into it." in reply

    sent = reporter.send(page.form("message"), {"message": f"{CANARY} once more"}, multipart=False)
    assert (sent.status, "status" in sent.roles) == (200, True)
    portal.exchange(name)
    messages = desk.show(case["id"])["messages"]
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
