"""What cases have in common: found for each kind, counted where there are many, inert wherever it is shown."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from portal.desk import cases, cli, linking, merging, views
from portal.desk.authorities import add
from portal.desk.linking import Link
from portal.desk.referring.acting import Wish, refer
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.receipt import ThreadKeys
from portal.report import Draft
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, draft, reporter

ONE, TWO, THREE = "2026-0001", "2026-0002", "2026-0003"
DATE = {"precision": "day", "year": 2026, "month": 11, "day": 3}
HOTEL = {"country": "TH", "city": "Pattaya", "place_name": "Hotel Sunrise"}
EVIL = "<script>alert(1)</script>\u202e\x1b[31m"

File = Callable[..., str]


@pytest.fixture
def file(desk: Desk, portal: PlayedPortal, importing: Import) -> File:
    """Files a report and imports it; the name of its case."""

    def filing(said: Draft, keys: ThreadKeys | None = None) -> str:
        portal.waiting.clear()
        portal.file(said, keys)
        outcome = importing(portal.export())
        assert not outcome.quarantined, outcome.quarantined
        return (outcome.cases or outcome.messages)[0]

    return filing


def website(*urls: str, **answers: Any) -> Draft:
    return draft(answers={"urls": list(urls), **answers})


def travel(narrative: str = "What happened.", **answers: Any) -> Draft:
    return draft(narrative, channel="travel", answers=answers)


def grooming(**answers: Any) -> Draft:
    return draft(channel="grooming", answers=answers)


def found(desk: Desk, name: str) -> list[Link]:
    return linking.links(desk.casebook, cases.find(desk.casebook, name))


def said(desk: Desk, name: str) -> list[tuple[str, str, list[str]]]:
    return [(link.kind, link.said, [other.name for other in link.cases]) for link in found(desk, name)]


LINKED: dict[str, tuple[Draft, Draft, list[tuple[str, str]]]] = {
    "the same page": (
        website("https://bad.example/a?utm_source=x"),
        website("hxxp://www.bad[.]example/a#top"),
        [("url", "bad.example/a"), ("host", "bad.example")],
    ),
    "another page of a site": (
        website("http://bad.example/a"),
        website("http://bad.example/b"),
        [("host", "bad.example")],
    ),
    "an account": (
        grooming(service_name="Chat.com", account=[{"username": "@Leo16"}]),
        grooming(service_name="chat", account=[{"username": "leo16"}]),
        [("account", "leo16 (chat)")],
    ),
    "an account of nobody knows what": (
        website("http://a.example/", poster="sunny"),
        website("http://b.example/", poster="Sunny"),
        [("account", "sunny")],
    ),
    "a place": (
        travel(**HOTEL),
        travel(country="TH", city="pattaya", place_name="Sunrise Hotel, room 12"),
        [("place", "hotel sunrise, pattaya, TH")],
    ),
    "a place in one month": (
        travel(**HOTEL, date_from=DATE),
        travel(**HOTEL, date_from=DATE | {"day": 20}),
        [("place", "hotel sunrise, pattaya, TH"), ("stay", "hotel sunrise, pattaya, TH, 2026-11")],
    ),
    "a town in one month": (
        travel(country="TH", city="Pattaya", date_from=DATE),
        travel(country="TH", city="Pattaya", date_from=DATE),
        [("stay", "pattaya, TH, 2026-11")],
    ),
    "a number": (
        travel("Call +44 20 7946 0958 for more"),
        travel("he has 0044 2079 460 958"),
        [("phone", "+442079460958")],
    ),
    "part of what is no number": (travel("+44 7700 900123"), travel("0044 7700 900999"), []),
    "a mail address": (
        travel("write to Bad@mail.example"),
        travel("bad@MAIL.example wrote"),
        [("email", "bad@mail.example")],
    ),
    "a page in a text": (
        travel("see http://bad.example/a"),
        travel("http://bad.example/a"),
        [("url", "bad.example/a")],
    ),
    "the site of a page in a text": (travel("see http://bad.example/a"), travel("see http://bad.example/b"), []),
    "a country": (travel(country="TH"), travel(country="TH"), []),
    "a service": (grooming(service_name="Chat"), grooming(service_name="Chat"), []),
    "the reporters' own mail": (
        travel(contact="details", contact_email="me@mail.example"),
        travel(contact="details", contact_email="me@mail.example"),
        [],
    ),
}


@pytest.mark.parametrize(("first", "second", "links"), LINKED.values(), ids=LINKED.keys())
def test_what_links_two_cases(
    desk: Desk, file: File, first: Draft, second: Draft, links: list[tuple[str, str]]
) -> None:
    for one in (first, second):
        file(one)
    assert said(desk, ONE) == [(kind, value, [TWO]) for kind, value in links]
    assert said(desk, TWO) == [(kind, value, [ONE]) for kind, value in links]


def test_what_became_of_a_website(desk: Desk, file: File, tmp_path: Path) -> None:
    for path in ("a", "a", "b"):
        file(website(f"http://bad.example/{path}"))
    one, two = (cases.find(desk.casebook, name) for name in (ONE, TWO))
    reply(desk, one, "outside-remit", "", ["police"], desk.today)
    reply(desk, two, "forwarded-police", "", ["police"], desk.today)
    refer(desk, two, tmp_path / "one", Wish(add(desk, "parquet", "Parquet", police=True), formats=("json",)))
    refer(desk, two, tmp_path / "two", Wish(formats=("json",)))
    page, site = found(desk, ONE)
    assert (page.kind, page.reports, page.others, page.is_more) == ("url", 2, 1, False)
    day = desk.today.isoformat()
    assert [(one.authority, one.day) for one in page.cases[0].referred] == [("parquet", day), ("", day)]
    assert (site.kind, site.reports, site.others) == ("host", 3, 2)
    assert site.statuses == {"received": 1, "forwarded-police": 1}
    assert site.referred == {"parquet": 1, "": 1}
    assert [other.name for other in site.cases] == [THREE, TWO]
    shown = views.links_as_text([page])
    assert shown == (
        "Web address bad[.]example/a: 2 reports, 1 other case\n"
        f"    {TWO}  2026-11-25  forwarded-police, referred to parquet on {day}, referred to nobody by name on {day}"
    )


def test_merged_cases_count_as_their_main_case(desk: Desk, file: File, tmp_path: Path) -> None:
    for urls in (["a.example"], ["a.example", "b.example"], ["b.example"], ["a.example", "b.example"]):
        file(website(*(f"http://{host}/x" for host in urls)))
    main, merged = cases.find(desk.casebook, ONE), cases.find(desk.casebook, TWO)
    refer(desk, merged, tmp_path / "out", Wish(formats=("json",)))
    merging.merge(desk, merged, main)
    links = {link.value: link for link in found(desk, ONE)}
    assert {value: [other.name for other in link.cases] for value, link in links.items()} == {
        "a.example/x": ["2026-0004"],
        "a.example": ["2026-0004"],
        "b.example/x": ["2026-0004", THREE],
        "b.example": ["2026-0004", THREE],
    }
    assert links["a.example"].reports == 3
    assert found(desk, TWO) == found(desk, ONE)
    (other,) = [other for other in found(desk, THREE)[0].cases if other.name != "2026-0004"]
    assert (other.name, len(other.referred)) == (ONE, 1)
    merging.unmerge(desk, merged)
    assert [other.name for other in found(desk, ONE)[0].cases] == ["2026-0004", TWO]


def test_what_many_have_is_a_number(desk: Desk, file: File) -> None:
    for number in range(linking.LISTED + 2):
        file(website(f"http://platform.example/{number}"))
    (link,) = found(desk, ONE)
    assert (link.others, link.cases, link.statuses) == (linking.LISTED + 1, (), {"received": linking.LISTED + 1})
    assert views.links_as_text([link]) == "Website platform[.]example: 22 reports, 21 other cases\n    21 received"


@pytest.fixture
def many(desk: Desk, file: File) -> Desk:
    """A desk of 10,000 cases that have one host in common; 30 of them have a hundred addresses in common as well."""
    file(website("http://platform.example/0"))
    (portal,) = desk.casebook.one("SELECT portal FROM cases")
    with desk.casebook.transaction():
        desk.casebook.run(
            "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
            " INSERT INTO cases (year, number, name, portal, locator, channel, status, received, urgent)"
            " SELECT 2026, i, printf('2026-%04d', i), ?, randomblob(32), 'website', 'closed', '2026-11-25', 0 FROM n",
            portal,
        )
        desk.casebook.run("INSERT OR IGNORE INTO marks SELECT id, 'host', 'platform.example' FROM cases")
        desk.casebook.run(
            "INSERT INTO marks SELECT c.id, 'url', 'platform.example/x' || k.id FROM cases c, cases k"
            " WHERE c.id <= 30 AND k.id <= 100"
        )
    return desk


def test_fast_among_ten_thousand_cases(many: Desk) -> None:
    """Bounded in what is found, and in time: a hundredth of this is usual, and this machine may be busy."""
    start = time.perf_counter()
    links = found(many, ONE)
    assert time.perf_counter() - start < 1
    assert len(links) == linking.LINKS
    (platform,) = found(many, "2026-9999")
    assert (platform.others, platform.reports, platform.is_more) == (1_001, 1_000, True)
    assert views.links_as_text([platform]).startswith("Website platform[.]example: more than 1,000 reports, ")


def test_hostile_values_are_inert(
    desk: Desk,
    file: File,
    root: Path,
    passphrase_file: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hostile = {"poster": f"{EVIL} click.example", "urls": [f"http://bad.example/{EVIL}?q=\u202e"]}
    where = {"country": f"TH|{EVIL}", "city": f"x{EVIL}", "place_name": f"Bar | {EVIL}", "date_from": DATE}
    place = draft(channel="travel", answers=where, version=9)
    for said_twice in (draft(answers=hostile, version=9), place):
        file(said_twice)
        file(said_twice)
    desk.casebook.close()
    for command, name in (("show", ONE), ("links", ONE), ("show", THREE), ("links", THREE)):
        assert cli.main([command, str(root), name, "--passphrase-file", str(passphrase_file)]) == 0
        shown = capsys.readouterr().out
        assert "<U+202E>" in shown
        for character in ("\u202e", "\x1b"):
            assert character not in shown
        assert "://bad.example" not in shown.replace("[.]", "")
        assert "click.example" not in shown


@pytest.fixture
def run(root: Path, passphrase_file: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def run(command: str, *words: str | Path, fails: bool = False) -> str:
        status = cli.main([*map(str, [command, root, *words, "--passphrase-file", passphrase_file])])
        out = capsys.readouterr()
        assert status == int(fails), out.err
        return out.err if fails else out.out

    return run


def test_what_comes_and_goes_is_said_to_be_of_one_report(
    run: Callable[..., str],
    portal: PlayedPortal,
    root: Path,
    passphrase_file: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A follow-up arrives at its own report; answers, referrals and transfers go for one, and the others are named."""

    def told(command: str, *words: str | Path) -> str:
        assert cli.main([*map(str, [command, root, *words, "--passphrase-file", passphrase_file])]) == 0
        return capsys.readouterr().err

    def transfer(case: str, out: str) -> str:
        return told(
            "transfer", case, tmp_path / out, "--to", "other", "--recipients", root / "public/police.recipients"
        )

    keys = reporter()
    portal.file(draft(), keys)
    run("import", portal.export(), "--portal-key", portal.key_file)
    portal.file(draft())
    run("import", portal.export())
    run("merge", ONE, TWO)
    portal.file(draft("More.", kind="message"), keys)
    assert f"{ONE} is merged into {TWO}, where lists show that something came." in told("import", portal.export())
    for case, other in ((ONE, TWO), (TWO, ONE)):
        assert f"Other reporters of the same matter are not told: {other}" in told("reply", case, "--status", "closed")
        assert f"referred on their own: {other}" in told("refer", case, tmp_path / case, "--format", "json")
        assert f"handed over on their own: {other}" in transfer(case, f"{case}.age")
    assert json.loads((tmp_path / TWO / "referral.json").read_text())["merged"] == [ONE]
    run("unmerge", ONE)
    assert "on their own" not in told("refer", ONE, tmp_path / "alone", "--format", "json") + transfer(TWO, "alone.age")


def test_the_commands(run: Callable[..., str], portal: PlayedPortal) -> None:
    for url in ("http://bad.example/a", "http://bad.example/a", "http://other.example/"):
        portal.file(website(url))
        run("import", portal.export(), "--portal-key", portal.key_file)
    day = "2026-11-25"
    other = {"id": TWO, "channel": "website", "status": "received", "received": day, "referred": []}
    (page, _) = links = json.loads(run("links", ONE, "--json"))
    assert page == {
        **{"kind": "url", "value": "bad.example/a", "reports": 2, "others": 1, "more": False},
        **{"statuses": {"received": 1}, "referred": {}, "cases": [other]},
    }
    shown = json.loads(run("show", ONE, "--json"))
    assert (shown["links"], shown["merged"], shown["merged_into"]) == (links, [], None)
    shown = run("show", ONE)
    assert "Also seen in (desk links has more of it)\n    Web address bad[.]example/a: 2 reports, 1" in shown
    assert f"\n        {TWO}  {day}  received\n" in shown
    assert run("links", THREE) == f"{THREE} has nothing in common with another case.\n"
    assert run("merge", TWO, ONE).startswith(f"{TWO} is merged into {ONE}")
    assert f"{TWO} is merged into {ONE} already" in run("merge", TWO, THREE, fails=True)
    shown = json.loads(run("show", ONE, "--json"))
    assert (shown["links"], shown["merged"]) == ([], [TWO])
    assert f"Merged into this case, each with a thread and a reporter of its own\n    {TWO}" in run("show", ONE)
    assert f"Merged into {ONE}" in run("show", TWO)
    assert [case["id"] for case in json.loads(run("list", "--json"))] == [ONE, THREE]
    listed = json.loads(run("list", "--merged", "--json"))
    assert [(case["id"], case["merged_into"]) for case in listed] == [(ONE, None), (TWO, ONE), (THREE, None)]
    (duplicates,) = [table for table in json.loads(run("stats", "--json")) if table["name"] == "duplicates"]
    assert {row["duplicate"]: row["count"] for row in duplicates["rows"]} == {"yes": 1, "no": 2}
    assert run("unmerge", TWO).startswith(f"{TWO} is a case of its own again")
    assert f"{TWO} is not merged" in run("unmerge", TWO, fails=True)
    assert json.loads(run("links", ONE, "--json")) == links
