"""Cases of every channel at one desk, and referrals of them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from portal.channels import Channel
from portal.desk import authorities, cases
from portal.desk.authorities import Authority
from portal.desk.cases import Case
from portal.desk.referring import Made, Wish, refer
from portal.desk.session import Desk
from tests.desk.conftest import Import
from tests.desk.played import PlayedPortal, draft, reporter

CONTACT = {
    "contact": "details",
    "contact_name": "Maria Musterfrau",
    "contact_email": "maria@private.example",
    "contact_phone": "+352 621 123 456",
}
SAID: dict[str, dict[str, Any]] = {
    "travel": {
        "immediate_danger": "yes",
        "signs": ["touching", "filming"],
        "country": "TH",
        "city": "Pattaya",
        "place_type": "hotel",
        "place_name": 'Hotel *Sea* #link("http://evil.example")',
        "date_from": {"precision": "month", "year": 2026, "month": 3},
        "child": [{"number": 2, "age_band": "6_12", "sex": "female"}],
        "suspect": [{"role": "traveller", "name": "A man", "account": "man77", "appearance": "Tall,\ngrey hair"}],
    },
    "grooming": {
        "immediate_danger": "no",
        "child_age_band": "13_15",
        "child_country": "LU",
        "behaviours": ["asked_images", "blackmail"],
        "service_type": "game",
        "service_name": "Some game",
        "account": [{"username": "user1", "profile": "https://game.example/user1"}],
        "last_contact": {"precision": "unknown"},
    },
    "website": {
        "urls": ["http://bad.example/a?x=1&y=<2>", "=cmd|' /C calc'!A0", "abc.onion/board"],
        "access": "login",
        "how_found": "sent_link",
        "seen_at": {"precision": "day", "year": 2026, "month": 11, "day": 20},
        "content_kind": ["film"],
    },
    "self": {},
    "other": {"subject": ["institution"], "institution": "A school", "country": "LU"},
}
FILES = [b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(3000), b"plain words"]

File = Callable[..., Case]
Refer = Callable[..., tuple[Made, Path]]


@pytest.fixture
def file(desk: Desk, portal: PlayedPortal, importing: Import) -> File:
    """Files a report in a channel, and gives its case."""

    def do(
        channel: str = "travel",
        narrative: str = "What happened.",
        files: Sequence[bytes] = (),
        **more: Any,
    ) -> Case:
        keys = reporter()
        name = more.pop("name", "photo.jpg")
        answers = more.pop("answers", SAID[channel] | more)
        said = draft(narrative, channel=channel, answers=answers, files=files, name=name)
        portal.file(said, keys, files)
        return cases.find(desk.casebook, importing(portal.export()).cases[0])

    return do


@pytest.fixture
def parquet(desk: Desk) -> Authority:
    return authorities.add(desk, "parquet", "Parquet du tribunal d'arrondissement", police=True)


@pytest.fixture
def referring(desk: Desk, tmp_path: Path, channels: dict[str, Channel]) -> Refer:
    """Refers a case, and gives what was made and where."""

    def do(case: Case, **wish: Any) -> tuple[Made, Path]:
        out = tmp_path / f"out-{len(list(tmp_path.glob('out-*')))}"
        return refer(desk, case, out, Wish(**wish), channels), out

    return do
