"""The reporter's own contact data: gone from the casebook when a case is closed.

Rules kept here: name, e-mail and telephone number leave report.json as the casebook keeps it, the search index, and
what links cases. That there were contact data, and the consent, stay. The sealed item is evidence and stays as it came
until the case is purged: it holds them still, and only the identity of this desk opens it. What reporters or
caseworkers wrote into a text stays as it was written. A case that is held or restricted keeps everything.

Table: `erased_contacts`. Functions here belong into a transaction of the caller.
"""

import msgspec

from portal import canonical
from portal.desk import arriving, cases, holding, triage
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.referring import redaction
from portal.desk.session import Desk
from portal.report import Report

CLOSED = "closed"
"""The status with which contact data go."""


def erase(desk: Desk, case: Case) -> int:
    """Erase the contact data of a case, unless it is held or restricted; of how many messages."""
    casebook = desk.casebook
    if case.id in holding.kept(casebook):
        return 0
    found = [message for message in cases.messages(casebook, case) if redaction.contact_data(message.report)]
    for message in found:
        casebook.run(
            "UPDATE messages SET report = ? WHERE id = ?", canonical.dumps(without(message.report)), message.id
        )
        casebook.run(
            "INSERT OR IGNORE INTO erased_contacts (message_id, case_id, day) VALUES (?, ?, ?)",
            *(message.id, case.id, desk.today.isoformat()),
        )
    if found:
        arriving.again(casebook, case.id, triage.load_rules(desk.folder))
        desk.record("contact-erased", case, messages=len(found))
    return len(found)


def without(report: Report) -> Report:
    """A report less the contact data."""
    return msgspec.structs.replace(report, answers=redaction.without_contact(report.answers))


def is_erased(casebook: Casebook, message: int) -> bool:
    """Whether the contact data of a message (its row) were erased."""
    return bool(casebook.one("SELECT 1 FROM erased_contacts WHERE message_id = ?", message))


def are_erased(casebook: Casebook, case: Case) -> bool:
    """Whether contact data of a case were erased."""
    return bool(casebook.one("SELECT 1 FROM erased_contacts WHERE case_id = ?", case.id))


def due(casebook: Casebook) -> list[Case]:
    """Closed cases that still have contact data, and may lose them: what came after the last answer stays for now."""
    kept = holding.kept(casebook)
    rows = casebook.all(
        "SELECT DISTINCT name FROM cases JOIN messages m ON m.case_id = cases.id WHERE status = ? AND unseen IS NULL"
        " AND m.id NOT IN (SELECT message_id FROM erased_contacts)"
        " AND json_extract(CAST(report AS TEXT), '$.answers.contact') = 'details' ORDER BY name",
        CLOSED,
    )
    found = [cases.find(casebook, name) for (name,) in rows]
    return [
        case
        for case in found
        if case.id not in kept
        and any(redaction.contact_data(message.report) for message in cases.messages(casebook, case))
    ]
