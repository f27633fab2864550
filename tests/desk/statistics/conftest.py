"""Facts of a known set of reports."""

from typing import Any

from portal.desk.statistics.facts import Fact

PLAIN: dict[str, Any] = {
    "month": "2026-03",
    "channel": "website",
    "language": "en",
    "named": False,
    "status": "received",
    "decision": "none",
    "duplicate": False,
    "referred": (),
    "transferred": (),
    "review_days": None,
    "forward_days": None,
    "country": "",
    "service": "",
    "age": "",
    "site": "forum",
}


def fact(**changes: Any) -> Fact:
    return Fact(**(PLAIN | changes))
