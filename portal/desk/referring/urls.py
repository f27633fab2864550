"""urls.csv: one address a line, for those who block or investigate addresses (RFC 4180, UTF-8).

Columns: `address`; `seen_at`, the day as precisely as the reporter knew it; `access`, open, login or paid;
`linked_from`, where the reporter found it; `source`, the answer that it comes from; `message`, its number in the
referral. Pure.
"""

import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

from portal.desk import console
from portal.desk.referring import answers, inert
from portal.desk.referring.model import Message, Referral

COLUMNS = ("address", "seen_at", "access", "linked_from", "source", "message")
_IN_TEXT = re.compile(r"(?:\b[A-Za-z][A-Za-z0-9+.-]{1,20}://|\bwww\.)[^\s<>\"“”«»]{3,}")
_AFTER = ".,;:!?'\u2019)]}"


class Address(NamedTuple):
    """One address, exactly as it was written, and what was said of it."""

    address: str
    seen_at: str
    access: str
    linked_from: str
    source: str
    message: int


def write(referral: Referral, *, live: bool) -> bytes:
    """The bytes of urls.csv; addresses defanged (hxxp, [.]) unless `live`. No cell is a formula."""
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    for found in addresses(referral):
        shown = [str(value) for value in found]
        rows.writerow([inert.cell(inert.line(text if live else console.defang(text))) for text in shown])
    return out.getvalue().encode()


def addresses(referral: Referral) -> list[Address]:
    """Every address of a referral, once a message: those asked for, then those within texts."""
    found: dict[tuple[int, str], Address] = {}
    for message in referral.messages:
        for address in _of(message):
            found.setdefault((message.number, address.address), address)
    return list(found.values())


def _of(message: Message) -> Iterator[Address]:
    said = message.answers
    told = (answers.day(said.get("seen_at")), answers.text(said, "access"), answers.text(said, "how_found"))
    for address in answers.texts(said, "urls"):
        yield Address(address, *told, "urls", message.number)
    for number, account in enumerate(answers.blocks(said, "account"), 1):
        if profile := answers.text(account, "profile"):
            yield Address(profile, "", "", "", f"account-{number}-profile", message.number)
    for source, text in _texts(message):
        for match in _IN_TEXT.finditer(text):
            yield Address(match[0].rstrip(_AFTER), "", "", "", source, message.number)


def _texts(message: Message) -> Iterator[tuple[str, str]]:
    yield "narrative", message.narrative
    for key, answer in message.answers.items():
        if isinstance(answer, str):
            yield key, answer
        for number, block in enumerate(answers.blocks(message.answers, key), 1):
            for inner, value in block.items():
                if isinstance(value, str) and inner != "profile":
                    yield f"{key}-{number}-{inner}", value
