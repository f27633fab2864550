"""What a case has in common with others: "also seen in …", and what became of a website that was reported before.

Rules kept here: merged cases count as their main case, and a case's links are those of all that were merged into it.
Countries, services, and hosts that somebody only mentioned link nothing: too many cases have them. What more than
`LISTED` other cases have, such as the host of a big platform, is a number and not a list. A link is something to look
at, and no finding that two reports speak of the same: a person decides that (portal.desk.merging).

Marks are made in portal.desk.fingerprints. Nothing here writes.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from portal.desk import cases
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.fingerprints import Kind

KINDS: dict[Kind, str] = {
    "url": "Web address",
    "account": "Account",
    "phone": "Telephone number",
    "email": "E-mail address",
    "place": "Place",
    "stay": "Place and month",
    "host": "Website",
}
"""The kinds of marks that link cases, in the order in which links are shown, and what people call them."""
LINKS = 50
"""So many links of one case are shown; the kinds that say most come first."""
LISTED = 20
"""A mark that more other cases have is said as a number."""
COUNTED = 1_000
"""Reports with a mark are counted up to here."""
SHOWN_CHARACTERS = 120
"""A longer value is cut where a person reads it, characters."""

_KINDS = ", ".join(f"'{kind}'" for kind in KINDS)
_ORDER = " ".join(f"WHEN '{kind}' THEN {place}" for place, kind in enumerate(KINDS))
_SHARED = f"""
SELECT DISTINCT kind, value FROM marks own
WHERE case_id IN (SELECT id FROM cases WHERE id = ?1 OR merged_into = ?1) AND kind IN ({_KINDS}) AND EXISTS
    (SELECT 1 FROM marks o JOIN cases c ON c.id = o.case_id
     WHERE o.kind = own.kind AND o.value = own.value AND coalesce(c.merged_into, c.id) <> ?1)
ORDER BY CASE kind {_ORDER} END, value LIMIT ?2
"""  # noqa: S608 - words of our own
_HAVING = """
SELECT main.id, found.reports, main.name, main.channel, main.status, main.received FROM
    (SELECT coalesce(c.merged_into, c.id) AS row, count(*) AS reports FROM
        (SELECT case_id FROM marks WHERE kind = ?1 AND value = ?2 LIMIT ?3) m JOIN cases c ON c.id = m.case_id
     GROUP BY row) found
JOIN cases main ON main.id = found.row ORDER BY main.received DESC, main.year DESC, main.number DESC
"""
_REFERRED = """
SELECT coalesce(c.merged_into, c.id), coalesce(authority, ''), r.day FROM referrals r JOIN cases c ON c.id = r.case_id
WHERE coalesce(c.merged_into, c.id) IN (SELECT value FROM json_each(?)) ORDER BY r.day, r.id
"""


@dataclass(frozen=True)
class Referral:
    """To whom a case was referred ("" where nobody was named), and on which day."""

    authority: str
    day: str


@dataclass(frozen=True)
class Other:
    """Another case with the same mark; `referred` has what was merged into it as well, the oldest first."""

    name: str
    channel: str
    status: str
    received: str
    referred: tuple[Referral, ...]


@dataclass(frozen=True)
class Link:
    """One thing that other cases have too; `value` is a stranger's text in the normal form of fingerprints."""

    kind: Kind
    value: str
    reports: int
    """So many reports have it, this case's own counted: how often it was reported."""
    others: int
    """So many other cases have it."""
    is_more: bool
    """Counting ended at `COUNTED` reports: there are more."""
    cases: tuple[Other, ...]
    """The other cases, the newest first; none if there are more than `LISTED`."""
    statuses: Mapping[str, int]
    """What became of it: how many of the other cases have which status, the most frequent first."""
    referred: Mapping[str, int]
    """How many of the other cases were referred to whom, the most frequent first."""

    @property
    def said(self) -> str:
        """The value as people write it, cut if it is long; a stranger's words, to be made inert where it is shown."""
        text = _said(self.kind, self.value)
        return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def links(casebook: Casebook, case: Case) -> list[Link]:
    """What a case has in common with others, at most `LINKS`; of a merged case, what its main case has."""
    own = cases.main(casebook, case.id)
    found = [
        (kind, value, casebook.all(_HAVING, kind, value, COUNTED + 1))
        for kind, value in casebook.all(_SHARED, own, LINKS)
    ]
    referred = _referred(casebook, {row[0] for _, _, having in found for row in having} - {own})
    return [_link(kind, value, having, own, referred) for kind, value, having in found]


def _referred(casebook: Casebook, rows: set[int]) -> dict[int, list[Referral]]:
    """The referrals of main cases (their rows), the oldest first."""
    found: dict[int, list[Referral]] = {}
    if rows:
        for row, authority, day in casebook.all(_REFERRED, msgspec.json.encode(sorted(rows)).decode()):
            found.setdefault(row, []).append(Referral(authority, day))
    return found


def _link(
    kind: Kind, value: str, having: list[tuple[Any, ...]], own: int, referred: Mapping[int, list[Referral]]
) -> Link:
    others = [row for row in having if row[0] != own]
    listed = others if len(others) <= LISTED else []
    reports = sum(row[1] for row in having)
    known = Counter(authority for row in others for authority in {one.authority for one in referred.get(row[0], ())})
    return Link(
        kind,
        value,
        min(reports, COUNTED),
        len(others),
        reports > COUNTED,
        tuple(
            Other(name, channel, status, received, tuple(referred.get(row, ())))
            for row, _, name, channel, status, received in listed
        ),
        dict(Counter(row[4] for row in others).most_common()),
        dict(known.most_common()),
    )


def _said(kind: Kind, value: str) -> str:
    match kind:
        case "account":
            service, _, name = value.partition(":")
            return f"{name} ({service})" if service else name
        case "place":
            country, town, name = value.rsplit("|", 2)
            return ", ".join(part for part in (name, town, country.upper()) if part)
        case "stay":
            where, _, month = value.rpartition("|")
            return f"{_said('place', where)}, {month}"
    return value
