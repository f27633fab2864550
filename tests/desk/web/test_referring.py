"""A referral on the page."""

import json
from pathlib import Path

from portal.desk.referring import remembering
from portal.desk.session import working
from tests.desk.web.filled import urgent
from tests.desk.web.visiting import Visitor


def test_refer(filled: Visitor, tmp_path: Path) -> None:
    form = filled.get(f"/case/{urgent(filled)}/refer").form("/refer")
    page = filled.submit(form, {"other-folder": str(tmp_path), "file": "referral", "format": ["json", "urls"]})
    assert "is in" in page.successes
    assert json.loads((tmp_path / "referral" / "referral.json").read_text())["case"] == urgent(filled)
    with working(filled.opened.door.place, filled.opened.door.keyring()) as desk:
        (made,) = remembering.listed(desk.casebook)
    assert made.sha256.hex() in page.html
    assert made.sha256.hex() in filled.get("/referrals").html
    page = filled.submit(form, {"other-folder": str(tmp_path), "file": "referral", "format": ["json"]})
    assert "exists already" in page.alerts
    assert page.form("/refer").values.getlist("format") == ["json"]
