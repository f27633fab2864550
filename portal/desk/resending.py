"""A portal that was put back from a backup has lost answers that it had taken: let them go out again.

Such a portal counts its bundles far on (docs/format.md section 15), and confirms an older pack than it did before. Old
bundles do that as well, but count less. An answer whose first pack is newer than the confirmed one is not there; its
sealed copy is gone here, so it is sealed again to its thread. Its id stays, and a portal stores no id twice.
"""

from datetime import date

import msgspec

from portal import limits
from portal.bundle import Bundle
from portal.desk import cases, replies
from portal.desk.portals import Portal
from portal.desk.session import Desk
from portal.report import Reply

_MONTHS_A_YEAR = 12


def lost(portal: Portal, manifest: Bundle) -> bool:
    """Whether this bundle comes from a portal that has gone back behind what it confirmed to us before."""
    return manifest.counter > portal.seen and manifest.confirmed < portal.confirmed


def resend(desk: Desk, portal: Portal, manifest: Bundle) -> int:
    """Queue the answers that the portal has lost, within the caller's transaction; how many."""
    casebook = desk.casebook
    rows = casebook.all(
        "SELECT replies.id, case_id, reply FROM replies JOIN cases ON cases.id = case_id"
        " WHERE portal = ? AND sealed IS NULL AND pack > ? ORDER BY replies.rowid",
        *(portal.id, manifest.confirmed),
    )
    count = 0
    for row, case_id, written in rows:
        answer = msgspec.json.decode(written, type=Reply)
        if not _is_kept(answer, desk.today):
            continue
        to = replies.recipient(casebook, cases.by_row(casebook, case_id))
        casebook.run("UPDATE replies SET sealed = ? WHERE id = ?", replies.seal(answer, to), row)
        count += 1
    casebook.run("UPDATE portals SET confirmed = ? WHERE id = ?", manifest.confirmed, portal.id)
    desk.record("resent", portal=portal.name, answers=count, confirmed=manifest.confirmed, before=portal.confirmed)
    return count


def _is_kept(answer: Reply, today: date) -> bool:
    """Whether a portal would still have it: what has expired there must not come back."""
    day = date.fromisoformat(answer.day)
    months = (today.year - day.year) * _MONTHS_A_YEAR + today.month - day.month
    return months <= limits.REPLY_MONTHS
