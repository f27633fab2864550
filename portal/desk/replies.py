"""Answer a reporter: a reply is sealed to the thread at once, and leaves with the packs until the portal has it."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date

from portal import parcel, report
from portal.age import HybridRecipient, encrypt
from portal.desk import cases, origins, retention
from portal.desk.cases import Case
from portal.desk.naming import check_name
from portal.desk.session import Desk
from portal.errors import DeskError, FormatError
from portal.report import Reply, Status

_ID_BYTES = 16


def reply(desk: Desk, case: Case, status: Status, text: str, follow_up: Sequence[str], today: date) -> Reply:
    """Give a case a status, and tell its reporter so with `text` (at most 4,000 bytes of UTF-8; may be empty).

    `follow_up` names the desks that further messages of the reporter are sealed to. Raises DeskError, also where no
    mailbox is known in which the answer could be read.
    """
    origins.check_answerable(desk.casebook, case)
    for name in follow_up:
        check_name(name, "The name of a desk")
    recipient = HybridRecipient.parse(cases.messages(desk.casebook, case)[0].report.recipient)
    with desk.casebook.transaction():
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
            archive = parcel.pack_reply(written, _as_text(answer))
        except FormatError as error:
            raise DeskError(str(error)) from None
        sealed = b"".join(encrypt([recipient], [archive]))
        desk.casebook.run(
            "INSERT INTO replies (id, case_id, number, reply, sealed) VALUES (?, ?, ?, ?, ?)",
            *(bytes.fromhex(answer.id), case.id, number, written, sealed),
        )
        desk.casebook.run("UPDATE cases SET status = ? WHERE id = ?", status, case.id)
        retention.on_status(desk, case, status)
        desk.record("replied", case, id=answer.id, status=status, sha256=hashlib.sha256(written).hexdigest())
    return answer


def _as_text(answer: Reply) -> str:
    """reply.txt. The text is not indented: 4,000 line breaks must still fit."""
    return f"{answer.desk}, {answer.day}: {answer.status}\n\n{answer.text}\n"
