"""Hand a whole thread to another desk of the site, sealed and signed (docs/format.md section 12).

Rules kept here:
- The reporter is told first, and the portal with it where follow-ups go; then the transfer is written; then the desk
  remembers what it handed over. Killed in between, the same command again hands over the same.
- What was handed over already does not go again, unless the whole is asked for.
- Sealed items are sealed anew to the other desk; what is inside stays as the reporter signed it.

Table: `transfers`.
"""

import hashlib
import secrets
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec

from portal import bundle, limits
from portal.age import HybridRecipient, decrypt, encrypt
from portal.desk import cases, origins, other_desks, portals
from portal.desk.casebook import Casebook
from portal.desk.cases import Case
from portal.desk.folder import Part, check_free, pieces
from portal.desk.naming import check_name
from portal.desk.replies import reply
from portal.desk.session import Desk
from portal.desk.transfer_archive import Given, Item, Logged, Note, Transfer, write
from portal.errors import AgeError, DeskError
from portal.report import Reply, Status

_ID_BYTES = 16
_PASSED: dict[str, Status] = {"police": "forwarded-police", "stopline": "forwarded-stopline"}
"""What the reporter is told where the other desk has one of these names; every other is another authority."""
TOLD = {
    "en": "Your report was passed on to: {desk}. There is nothing you need to do. "
    "What you write here from now on is read there.",
    "fr": "Votre signalement a été transmis à : {desk}. Vous n’avez rien à faire. "  # noqa: RUF001
    "Ce que vous écrivez ici à partir de maintenant est lu là-bas.",
    "de": "Ihre Meldung wurde weitergegeben an: {desk}. Sie müssen nichts tun. "
    "Was Sie hier von jetzt an schreiben, wird dort gelesen.",
    "lb": "Är Meldung gouf weiderginn un: {desk}. Dir musst näischt maachen. "
    "Wat Dir vun elo un hei schreift, gëtt do gelies.",
    "pt": "A sua denúncia foi transmitida a: {desk}. Não precisa de fazer nada. "
    "O que escrever aqui a partir de agora é lido lá.",
}
"""What is said to the reporter, unless the caseworker says it otherwise."""


@dataclass(frozen=True)
class HandedOver:
    """What is in a transfer; `told` is the answer that tells the reporter, None where nobody can be told or was."""

    sha256: bytes
    items: int
    answers: int
    notes: int
    told: Reply | None
    left: int
    """Items that had no room in it: they go with the next transfer."""


@dataclass(frozen=True)
class _Marks:
    """The last message, note and log entry that went to this desk before."""

    message: int = 0
    note: int = 0
    entry: int = 0


def transfer(
    desk: Desk,
    case: Case,
    to: str,
    recipients: Sequence[HybridRecipient],
    out: Path,
    *,
    text: str | None = None,
    notes: bool = False,
    whole: bool = False,
) -> HandedOver:
    """Write what is new of a case to the new file `out`, for the desk `to`; all of it in the first, or if `whole`.

    The first transfer answers the reporter with `text` or the sentence of `TOLD`, and sends what they write next to
    that desk. Raises DeskError, also if there is nothing to hand over.
    """
    check_free(out)
    check_name(to, "The name of a desk")
    if to == desk.name:
        raise DeskError("This is the desk's own name: name the desk that is to have the case.")
    before = _marks(desk.casebook, case, to)
    marks = before if before is not None and not whole else _Marks()
    messages = _messages(desk.casebook, case, marks.message)
    _check_whole(desk.casebook, case, messages)
    if not messages and before is not None and not whole:
        raise DeskError(
            f"Nothing new has come since this case was handed to {to}: give --whole to hand over all of it once more."
        )
    told = _tell(desk, case, to, text) if before is None else None
    with ExitStack() as stack:
        sealed = {row.item: _sealed_anew(desk, row, recipients, stack) for row in messages[: limits.TRANSFER_ITEMS]}
        manifest = _manifest(desk, case, to, marks, [sealed[item].entry for item in sorted(sealed)], notes)
        digest = hashlib.sha256()
        contents = (pieces(sealed[item].path) for item in sorted(sealed))
        with Part(out.parent) as part:
            for piece in encrypt(recipients, write(manifest.value, desk.keyring.signing_key, contents)):
                part.write(piece)
                digest.update(piece)
            part.become_new(out)
    last = max((row.row for row in messages[: limits.TRANSFER_ITEMS]), default=marks.message)
    other_desks.keep(desk, to, recipients)
    _remember(desk, case, manifest, digest.digest(), last)
    left = max(len(messages) - limits.TRANSFER_ITEMS, 0)
    value = manifest.value
    return HandedOver(digest.digest(), len(value.items), len(value.answers), len(value.notes), told, left)


def to_carry(casebook: Casebook) -> list[tuple[str, str]]:
    """Cases that were handed over and to which something has come since, each with the desk that is to have it."""
    return [
        (name, to)
        for name, to in casebook.all(
            "SELECT cases.name, transfers.desk FROM transfers JOIN cases ON cases.id = case_id"
            " GROUP BY case_id, transfers.desk"
            " HAVING max(transfers.message) < (SELECT max(id) FROM messages WHERE case_id = cases.id) ORDER BY cases.id"
        )
    ]


def handed_to(casebook: Casebook, case: Case) -> list[tuple[str, str]]:
    """The desks to which a case was handed over, each with the day of the last transfer."""
    return casebook.all("SELECT desk, max(day) FROM transfers WHERE case_id = ? GROUP BY desk ORDER BY 2", case.id)


@dataclass(frozen=True)
class _Row:
    row: int
    item: bytes
    sha256: bytes


@dataclass(frozen=True)
class _Sealed:
    entry: Item
    path: Path


@dataclass(frozen=True)
class _Manifest:
    value: Transfer
    note: int
    entry: int


def _marks(casebook: Casebook, case: Case, to: str) -> _Marks | None:
    row = casebook.one(
        "SELECT max(message), max(note), max(entry) FROM transfers WHERE case_id = ? AND desk = ?", case.id, to
    )
    return None if row[0] is None else _Marks(*row)


def _messages(casebook: Casebook, case: Case, after: int) -> list[_Row]:
    sql = "SELECT id, item, sha256 FROM messages WHERE case_id = ? AND id > ? ORDER BY id"
    return [_Row(*row) for row in casebook.all(sql, case.id, after)]


def _tell(desk: Desk, case: Case, to: str, text: str | None) -> Reply | None:
    """Answer the reporter, once; what was written before a command was killed is not written again."""
    if origins.source(desk.casebook, case) is not None:
        return None
    status = _PASSED.get(to, "forwarded-other")
    given = [answer.reply for answer in cases.answers(desk.casebook, case) if answer.reply.desk == desk.name]
    if given and (given[-1].status, given[-1].follow_up) == (status, [to]):
        return given[-1]
    language = cases.messages(desk.casebook, case)[0].report.language
    said = sentence(language, to) if text is None else text
    return reply(desk, case, status, said, [to], desk.today)


def _check_whole(casebook: Casebook, case: Case, going: Sequence[_Row]) -> None:
    """Raise DeskError if an attachment of what is about to go was sealed away; what went before does not matter."""
    away = {message for (message,) in casebook.all("SELECT message_id FROM sealed_away WHERE case_id = ?", case.id)}
    if any(row.row in away for row in going):
        raise DeskError(
            "An attachment of this case was handed to an authority and erased here, so what is left of its item proves "
            "nothing to another desk: make a referral instead (desk refer)."
        )


def sentence(language: str, to: str) -> str:
    """What a reporter is told, in their language if it is known."""
    return TOLD.get(language, TOLD["en"]).format(desk=to)


def _sealed_anew(desk: Desk, row: _Row, recipients: Sequence[HybridRecipient], stack: ExitStack) -> _Sealed:
    path = desk.folder.sealed(row.sha256)
    if not path.is_file():
        raise DeskError(f"{path} is missing: put back the folder sealed from a backup.")
    part = stack.enter_context(Part(desk.folder.root))
    original, anew, size = hashlib.sha256(), hashlib.sha256(), 0
    try:
        for piece in encrypt(recipients, decrypt(desk.keyring.opening(), _watched(path, original))):
            part.write(piece)
            anew.update(piece)
            size += len(piece)
    except AgeError:
        original = hashlib.sha256()
    if original.digest() != row.sha256:
        raise DeskError("A sealed item of this case is damaged: put back the folder sealed from a backup.")
    part.close()
    return _Sealed(Item(row.item.hex(), anew.hexdigest(), size, original.hexdigest()), part.path)


def _watched(path: Path, digest: "hashlib._Hash") -> Iterator[bytes]:
    for piece in pieces(path):
        digest.update(piece)
        yield piece


def _manifest(desk: Desk, case: Case, to: str, marks: _Marks, items: list[Item], with_notes: bool) -> _Manifest:
    casebook = desk.casebook
    notes = _notes(casebook, case, marks.note) if with_notes else []
    numbers, log = _log(casebook, case, marks.entry)
    rows = casebook.all("SELECT reply, sealed IS NULL FROM replies WHERE case_id = ? ORDER BY number", case.id)
    answers = [Given(msgspec.json.decode(data, type=Reply), bool(taken)) for data, taken in rows]
    (locator,) = casebook.one("SELECT locator FROM cases WHERE id = ?", case.id)
    value = Transfer(
        format="portevoix/transfer/1",
        direction="desk-to-desk",
        id=secrets.token_hex(_ID_BYTES),
        site=_site(casebook, case),
        desk=desk.name,
        to=to,
        day=desk.today.isoformat(),
        case=case.name,
        channel=case.channel,
        status=case.status,  # type: ignore[arg-type]
        source=origins.source(casebook, case) or "",  # type: ignore[arg-type]
        locator=locator.hex(),
        items=items,
        answers=answers[-limits.TRANSFER_ANSWERS :],
        notes=notes,
        keys=_keys(casebook),
        log=log,
    )
    return _Manifest(value, max((note.number for note in notes), default=marks.note), max(numbers, default=marks.entry))


def _site(casebook: Casebook, case: Case) -> str | None:
    for portal in portals.pinned(casebook):
        if portal.id == case.portal:
            return bundle.site(portal.key)
    return None


def _notes(casebook: Casebook, case: Case, after: int) -> list[Note]:
    sql = "SELECT id, substr(at, 1, 10), person, text FROM notes WHERE case_id = ? AND id > ? ORDER BY id LIMIT ?"
    return [Note(*row) for row in casebook.all(sql, case.id, after, limits.TRANSFER_NOTES)]


def _log(casebook: Casebook, case: Case, after: int) -> tuple[list[int], list[Logged]]:
    rows = casebook.all(
        "SELECT log.number, entry, signature, salt, details FROM log LEFT JOIN log_details USING (number)"
        " WHERE log.number > ? AND json_extract(CAST(entry AS TEXT), '$.case') = ? ORDER BY log.number LIMIT ?",
        *(after, case.name, limits.TRANSFER_LOG),
    )
    log = [
        Logged(entry.decode(), signature.decode(), None if salt is None else salt.hex(), details)
        for _, entry, signature, salt, details in rows
    ]
    return [row[0] for row in rows], log


def _keys(casebook: Casebook) -> list[str]:
    rows = casebook.all("SELECT key FROM signing_keys ORDER BY id DESC LIMIT ?", limits.TRANSFER_KEYS)
    return [key for (key,) in rows]


def _remember(desk: Desk, case: Case, manifest: _Manifest, sha256: bytes, message: int) -> None:
    value, casebook = manifest.value, desk.casebook
    with casebook.transaction():
        casebook.run(
            "INSERT INTO transfers (id, case_id, desk, day, sha256, message, note, entry)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(bytes.fromhex(value.id), case.id, value.to, value.day, sha256, message, manifest.note, manifest.entry),
        )
        desk.record("transferred", case, to=value.to, id=value.id, sha256=sha256.hex(), items=len(value.items))
