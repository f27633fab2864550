"""Withdraw an answer that no pack has carried yet: its reporter never reads it, and the case stands as before.

Rules kept here: what was in a pack may have been read and stays for good; the log keeps that there was an answer and
who withdrew it. What closing a case has erased (portal.desk.contacts) does not come back.
"""

import hashlib
from dataclasses import dataclass

import msgspec

from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.session import Desk
from portal.errors import DeskError
from portal.report import Reply


@dataclass(frozen=True)
class Withdrawn:
    """The answer that is gone, and the status of its case now."""

    reply: Reply
    status: str


class _Before(msgspec.Struct, frozen=True):
    """How a case stood before an answer: `replies.before`."""

    status: str
    looked: str | None
    unseen: str | None
    asked: str | None
    messages: int


def waiting(casebook: Casebook, case: Case) -> list[int]:
    """The numbers of the answers of a case that can be withdrawn, ascending."""
    rows = casebook.all(
        "SELECT number FROM replies WHERE case_id = ? AND sealed IS NOT NULL AND pack IS NULL ORDER BY number", case.id
    )
    return [number for (number,) in rows]


def withdraw(desk: Desk, case: Case, number: int | None = None) -> Withdrawn:
    """Take back answer `number` of a case, or its last one. Raises DeskError if a pack has carried it."""
    with desk.casebook.transaction():
        number = _chosen(desk.casebook, case, number)
        written, before = desk.casebook.one(
            "SELECT reply, before FROM replies WHERE case_id = ? AND number = ?", case.id, number
        )
        gone = msgspec.json.decode(written, type=Reply)
        _check_not_handed_over(desk.casebook, case, gone)
        desk.casebook.run("DELETE FROM replies WHERE case_id = ? AND number = ?", case.id, number)
        _put_back(desk.casebook, case, gone, before)
        digest = hashlib.sha256(written).hexdigest()
        desk.record("withdrawn", case, id=gone.id, number=number, status=gone.status, sha256=digest)
        (status,) = desk.casebook.one("SELECT status FROM cases WHERE id = ?", case.id)
    return Withdrawn(gone, status)


def _chosen(casebook: Casebook, case: Case, number: int | None) -> int:
    can = waiting(casebook, case)
    if number is None:
        if not can:
            raise DeskError(
                f"No answer of {case.name} waits for a pack: what a pack has carried may have been read and stays. "
                "Write another answer that puts it right."
            )
        return can[-1]
    if number in can:
        return number
    if casebook.one("SELECT 1 FROM replies WHERE case_id = ? AND number = ?", case.id, number):
        raise DeskError(
            f"Answer {number} of {case.name} has left with a pack, and may have been read: it stays. "
            "Write another answer that puts it right."
        )
    raise DeskError(f"{case.name} has no answer {number}: `desk show` shows those that it has.")


def _check_not_handed_over(casebook: Casebook, case: Case, answer: Reply) -> None:
    """The answer that goes with a transfer tells the portal where the reporter's words go from now on."""
    for (to,) in casebook.all("SELECT DISTINCT desk FROM transfers WHERE case_id = ?", case.id):
        if answer.follow_up == [to]:
            raise DeskError(
                f"Answer {answer.number} says that {case.name} is with the desk {to}, to which it was handed, "
                "so it stays: write another answer if the case comes back."
            )


def _put_back(casebook: Casebook, case: Case, gone: Reply, before: str | None) -> None:
    """Let the case stand as if `gone`, which is deleted, had not been written."""
    casebook.run(
        "UPDATE cases SET answered ="
        " (SELECT min(json_extract(CAST(reply AS TEXT), '$.day')) FROM replies WHERE case_id = cases.id) WHERE id = ?",
        case.id,
    )
    if before is None:  # it was written by an older version, which kept no state
        return
    after = casebook.one(
        "SELECT number FROM replies WHERE case_id = ? AND number > ? ORDER BY number LIMIT 1", case.id, gone.number
    )
    if after:  # from now on that one follows what this one followed
        casebook.run("UPDATE replies SET before = ? WHERE case_id = ? AND number = ?", before, case.id, after[0])
        return
    was = msgspec.json.decode(before, type=_Before)
    casebook.run(
        "UPDATE cases SET status = CASE status WHEN ?1 THEN ?2 ELSE status END,"
        " looked = coalesce(?3, (SELECT min(day) FROM looks WHERE case_id = ?7)),"
        " unseen = coalesce(min(unseen, ?4), unseen, ?4),"
        # What came from the reporter since has answered the question.
        " asked = CASE WHEN (SELECT count(*) FROM messages WHERE case_id = ?7) = ?6 THEN ?5 END WHERE id = ?7",
        *(gone.status, was.status, was.looked, was.unseen, was.asked, was.messages, case.id),
    )
