"""Answer a reporter: a reply is sealed to the thread at once, and leaves with the packs until the portal has it.

With each reply the casebook keeps how its case stood before (column `before`), for `portal.desk.withdrawing`.
"""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import date

from portal import parcel, report
from portal.age import HybridRecipient, encrypt
from portal.channels import Channel
from portal.desk import cases, origins, retention
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.naming import check_name
from portal.desk.session import Desk
from portal.errors import DeskError, FormatError
from portal.report import Reply, Status

_ID_BYTES = 16
_STATE = (
    "SELECT json_object('status', status, 'looked', looked, 'unseen', unseen, 'asked', asked,"
    " 'messages', (SELECT count(*) FROM messages WHERE case_id = cases.id)) FROM cases WHERE id = ?"
)


def reply(desk: Desk, case: Case, status: Status, text: str, follow_up: Sequence[str], today: date) -> Reply:
    """Give a case a status, and tell its reporter so with `text` (at most 4,000 bytes of UTF-8; may be empty).

    `follow_up` names the desks that further messages of the reporter are sealed to. Raises DeskError, also where no
    mailbox is known in which the answer could be read.
    """
    with desk.casebook.transaction():
        return write(desk, case, status, text, follow_up, today)


def write(desk: Desk, case: Case, status: Status, text: str, follow_up: Sequence[str], today: date) -> Reply:
    """The same within the caller's transaction."""
    origins.check_answerable(desk.casebook, case)
    for name in follow_up:
        check_name(name, "The name of a desk")
    (number,) = desk.casebook.one("SELECT coalesce(max(number), 0) + 1 FROM replies WHERE case_id = ?", case.id)
    answer = Reply(
        format="portevoix/reply/1",
        id=secrets.token_hex(_ID_BYTES),
        desk=desk.name,
        day=today.isoformat(),
        number=number,
        status=status,
        text=report.clean_text(text),
        channel=case.channel,
        follow_up=sorted(set(follow_up)),
    )
    try:
        written = report.write_reply(answer)
    except FormatError as error:
        raise DeskError(str(error)) from None
    sealed = seal(answer, recipient(desk.casebook, case))
    (before,) = desk.casebook.one(_STATE, case.id)
    desk.casebook.run(
        "INSERT INTO replies (id, case_id, number, reply, sealed, before) VALUES (?, ?, ?, ?, ?, ?)",
        *(bytes.fromhex(answer.id), case.id, number, written, sealed, before),
    )
    desk.casebook.run("UPDATE cases SET status = ? WHERE id = ?", status, case.id)
    retention.on_status(desk, case, status)
    desk.record("replied", case, id=answer.id, status=status, sha256=hashlib.sha256(written).hexdigest())
    return answer


def readers(desk: Desk, case: Case, channels: Mapping[str, Channel]) -> list[str]:
    """The desks that get what the reporter writes next, unless somebody says otherwise; sorted.

    Those that the newest answer names, so that a thread that was handed on stays where it is. Before the first answer
    all desks of the channel, since each of them has the report, but those that the reporter keeps it from.
    """
    if given := cases.answers(desk.casebook, case):
        return sorted(given[-1].reply.follow_up) or [desk.name]
    channel = channels.get(case.channel)
    kept = {name for message in cases.messages(desk.casebook, case) for name in message.report.keep_from}
    return sorted({desk.name, *(set(channel.desks) - kept if channel else ())})


def recipient(casebook: Casebook, case: Case) -> HybridRecipient:
    """To whom answers of a case are sealed: its thread, which the reporter's words open."""
    return HybridRecipient.parse(cases.messages(casebook, case)[0].report.recipient)


def seal(answer: Reply, to: HybridRecipient) -> bytes:
    """The age file of an answer, made anew. Raises DeskError if it is longer than an answer may be."""
    try:
        archive = parcel.pack_reply(report.write_reply(answer), _as_text(answer))
    except FormatError as error:
        raise DeskError(str(error)) from None
    return b"".join(encrypt([to], [archive]))


def _as_text(answer: Reply) -> str:
    """reply.txt. The text is not indented: 4,000 line breaks must still fit."""
    return f"{answer.desk}, {answer.day}: {answer.status}\n\n{answer.text}\n"
