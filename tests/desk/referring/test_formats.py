"""JSON, CSV, XML and CASE, each read by a program that is not ours."""

import csv
import io
import json
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from portal.channels import Channel
from portal.desk import cases
from portal.desk.referring import case_jsonld, cybertip, inert, urls
from portal.desk.referring.model import Message, Referral
from portal.desk.referring.schema import schema
from portal.desk.session import Desk
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, draft
from tests.desk.referring.conftest import CONTACT, FILES, SAID, File, Refer

DOCS = Path(__file__).parents[3] / "docs"
XSD = etree.XMLSchema(etree.fromstring(resources.files("portal.desk.referring").joinpath("cybertip.xsd").read_bytes()))
CHANNELS = tuple(SAID)
EVERYTHING = ("pdf", "json", "urls", "cybertip", "case")


def referral(answers: Any, narrative: str = "", channel: str = "website", **more: Any) -> Referral:
    said = Message(1, "report", "2026-11-25", "en", channel, 1, "0" * 64, answers, [], narrative, [], [])
    values: dict[str, Any] = {
        **{"format": "portevoix/referral/1", "desk": "police", "case": "2026-0001", "number": 1, "day": "2026-11-25"},
        **{"person": "default", "to": None, "language": "en", "channel": channel, "channel_title": "Title"},
        **{"status": "received", "status_label": "received", "received": "2026-11-25", "urgent": True},
        **{"source": "portal", "flags": [], "merged": [], "keep_from": [], "contact": "none", "withheld": []},
        **{"masked": False, "signing_key": "key", "fingerprint": "words", "messages": [said], "answers": []},
    }
    return Referral(**values | more)


def rows(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode(), newline="")))


def xml(data: bytes) -> Any:
    root = etree.fromstring(data)
    XSD.assertValid(root)
    return root


def test_the_schema_in_the_docs_is_that_of_the_code() -> None:
    assert (DOCS / "referral.schema.json").read_text() == schema(), "python -m portal.desk.referring.schema"


def test_the_json_is_as_the_schema_says(file: File, referring: Refer) -> None:
    for channel in CHANNELS:
        files = FILES if channel == "travel" else []
        _, out = referring(file(channel, files=files), attachments="original", formats=["json"])
        value = json.loads((out / "referral.json").read_bytes())
        jsonschema.Draft202012Validator(json.loads(schema())).validate(value)
        assert value["messages"][0]["answers"] == SAID[channel]
        assert [a["size"] for a in value["messages"][0]["attachments"]] == [len(content) for content in files]


def test_the_json_has_nothing_that_would_test_a_guess(desk: Desk, file: File, referring: Refer) -> None:
    _, out = referring(file("travel", **CONTACT), formats=EVERYTHING)
    (raw,) = desk.casebook.one("SELECT report FROM messages")
    said = json.loads(raw)
    everything = b"".join(path.read_bytes() for path in out.iterdir() if path.is_file())
    for secret in (said["id"], said["recipient"], said["verify_key"]):
        assert secret.encode() not in everything


def test_one_address_a_line(file: File, referring: Refer) -> None:
    case = file("website", "Also (https://bad.example/b), and www.bad.example/c.")
    _, out = referring(case)
    found = rows((out / "urls.csv").read_bytes())
    assert found == [
        {
            "address": address,
            "seen_at": seen,
            "access": access,
            "linked_from": linked,
            "source": source,
            "message": "1",
        }
        for address, seen, access, linked, source in (
            ("hxxp://bad[.]example/a?x=1&y=<2>", "2026-11-20", "login", "sent_link", "urls"),
            ("'=cmd|' /C calc'!A0", "2026-11-20", "login", "sent_link", "urls"),
            ("abc[.]onion/board", "2026-11-20", "login", "sent_link", "urls"),
            ("hxxps://bad[.]example/b", "", "", "", "narrative"),
            ("www[.]bad[.]example/c", "", "", "", "narrative"),
        )
    ]
    _, live = referring(case, live=True)
    assert rows((live / "urls.csv").read_bytes())[0]["address"] == "http://bad.example/a?x=1&y=<2>"


def test_addresses_of_accounts_and_within_other_texts(file: File, referring: Refer) -> None:
    _, out = referring(file("grooming", meeting_details="see http://map.example/1"))
    assert [(row["address"], row["source"]) for row in rows((out / "urls.csv").read_bytes())] == [
        ("hxxps://game[.]example/user1", "account-1-profile"),
        ("hxxp://map[.]example/1", "meeting_details"),
    ]
    _, out = referring(file("self"))
    assert (out / "urls.csv").read_bytes() == b"address,seen_at,access,linked_from,source,message\r\n"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_cell_is_a_formula_or_a_second_line(text: str) -> None:
    data = urls.write(referral({"urls": [text]}), live=True)
    (row,) = rows(data) if text else [{"address": ""}]
    assert not row["address"].lstrip().startswith(("=", "+", "-", "@", "\t", "\r"))
    assert "\n" not in row["address"]


def test_cybertip_by_channel(file: File, referring: Refer) -> None:
    expected = {
        "travel": ("Child Sex Tourism", "nonInternetIncident", "2026-03-01T00:00:00Z"),
        "grooming": ("Online Enticement of Children for Sexual Acts", "onlineGamingIncident", "2026-11-25T00:00:00Z"),
        "website": (
            "Child Pornography (possession, manufacture, and distribution)",
            "webPageIncident",
            "2026-11-20T00:00:00Z",
        ),
        "self": ("Child Sexual Molestation", "nonInternetIncident", "2026-11-25T00:00:00Z"),
        "other": ("Child Sexual Molestation", "nonInternetIncident", "2026-11-25T00:00:00Z"),
    }
    for channel, (kind, incident, moment) in expected.items():
        _, out = referring(file(channel, f"Words of {channel} <&>"), formats=["cybertip"])
        report = xml((out / "cybertip.xml").read_bytes())
        assert report.findtext("incidentSummary/incidentType") == kind
        assert report.find("internetDetails")[0].tag == incident
        assert report.findtext("incidentSummary/incidentDateTime") == moment
        assert report.findtext("incidentSummary/incidentDateTimeDescription")
        assert f"Words of {channel} <&>" in report.findtext("additionalInfo")
        assert len(report.find("reporter/reportingPerson")) == 0


def test_cybertip_says_who_where_and_how(file: File, referring: Refer) -> None:
    _, out = referring(file("grooming"), formats=["cybertip"])
    report = xml((out / "cybertip.xml").read_bytes())
    assert [one.tag for one in report.find("incidentSummary/reportAnnotations")] == ["sextortion", "csamSolicitation"]
    assert report.findtext("personOrUserReported/screenName") == "user1"
    assert report.findtext("personOrUserReported/profileUrl") == "https://game.example/user1"
    assert "13_15" in report.findtext("victim/additionalInfo")
    _, out = referring(file("travel"), formats=["cybertip"])
    report = xml((out / "cybertip.xml").read_bytes())
    assert report.findtext("incidentSummary/escalateToHighPriority")
    assert report.findtext("internetDetails/nonInternetIncident/incidentAddress/country") == "TH"
    assert "2026-03" in report.findtext("incidentSummary/incidentDateTimeDescription")
    assert report.findtext("personOrUserReported/personOrUserReportedPerson/lastName") == "A man"
    _, out = referring(file("website"), formats=["cybertip"])
    found = xml((out / "cybertip.xml").read_bytes()).findall("internetDetails/webPageIncident/url")
    assert [url.text for url in found] == SAID["website"]["urls"], "exactly as they were reported"


@pytest.mark.parametrize(
    ("kind", "incident"),
    [("sms", "cellPhoneIncident"), ("email", "emailIncident"), ("messenger", "chatImIncident"), (7, "chatImIncident")],
)
def test_cybertip_by_kind_of_service(kind: object, incident: str) -> None:
    answers = {"service_type": kind, "account": [{"username": "a@b.example"}]}
    report = xml(cybertip.write(referral(answers, channel="grooming")))
    assert report.find("internetDetails")[0].tag == incident


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_KEYS = st.sampled_from(sorted({key for said in SAID.values() for key in said} | {"contact_name", "date_to"}))


@given(st.dictionaries(_KEYS, _JSON, max_size=8), st.text(max_size=50), st.sampled_from([*CHANNELS, "unheard"]))
def test_answers_of_any_shape_give_valid_files(answers: Any, narrative: str, channel: str) -> None:
    said = referral(answers, narrative, channel)
    xml(cybertip.write(said))
    json.loads(case_jsonld.write(said))
    rows(urls.write(said, live=False))


@given(st.text())
def test_every_text_fits_into_xml(text: str) -> None:
    root = etree.Element("text")
    root.text = inert.xml(text)
    assert "\u202e" not in inert.xml(text)


def test_case_validate(file: File, referring: Refer, tmp_path: Path) -> None:
    made = []
    for channel in CHANNELS:
        files = FILES if channel == "travel" else []
        _, out = referring(file(channel, files=files), formats=["case"], attachments="original")
        made.append(out / "case.jsonld")
    tool = Path(sys.executable).with_name("case_validate")
    done = subprocess.run([tool, *made], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Conforms: True" in done.stdout


def test_case_holds_what_was_reported(file: File, referring: Refer) -> None:
    _, out = referring(
        file("travel", files=FILES, narrative="http://a.example/"), formats=["case"], attachments="original"
    )
    types = [node["@type"] for node in json.loads((out / "case.jsonld").read_bytes())["@graph"]]
    assert types.count("case-investigation:InvestigativeAction") == 2
    for expected, count in (("uco-observable:URL", 2), ("uco-location:Location", 1), ("uco-observable:File", 2)):
        assert types.count(expected) == count, expected
    assert types.count("uco-observable:ObservableObject") == 1, "the account of a suspect"


def test_a_channel_that_the_desk_does_not_know(
    portal: PlayedPortal, importing: Import, desk: Desk, referring: Refer, channels: dict[str, Channel]
) -> None:
    odd = {"urls": {"not": "a list"}, "seen_at": [1], "account": "x", "country": 7, "child": [1, {"name": 2}]}
    portal.file(draft(channel="unheard", version=7, answers=odd))
    importing(portal.export())
    _, out = referring(cases.listed(desk.casebook)[0], formats=EVERYTHING)
    xml((out / "cybertip.xml").read_bytes())
    assert json.loads((out / "referral.json").read_bytes())["messages"][0]["answers"] == odd
