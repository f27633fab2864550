"""One act makes a referral, and the casebook remembers it.

Rules kept here: the entry in the log and the signed manifest are on the disk before the referral is whole, so that
none can leave that the desk does not know of. After a crash in between, the log names a referral of which only an
unsigned folder is there: the same act again makes the next one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from portal import canonical
from portal.channels import Channel, load
from portal.desk import authorities, cleaning, holding
from portal.desk.authorities import Authority
from portal.desk.cases import Case
from portal.desk.folder import check_free
from portal.desk.referring import case_jsonld, cybertip, files, manifest, pdf, remembering, urls, writing
from portal.desk.referring.files import Choice, File, Going
from portal.desk.referring.gathering import Terms, gather
from portal.desk.referring.manifest import Entry, Manifest
from portal.desk.referring.model import Contact, Referral
from portal.desk.referring.remembering import Referred
from portal.desk.referring.wording import LANGUAGES
from portal.desk.session import Desk
from portal.errors import DeskError
from portal.kdf import sha256


@dataclass(frozen=True)
class Wish:
    """What a caseworker wants of a referral."""

    to: Authority | None = None
    sealed: bool = False
    formats: Sequence[str] = manifest.DEFAULT
    """Of manifest.FORMATS."""
    attachments: Choice = "none"
    live: bool = False
    """Addresses in PDF and CSV as they were written, not defanged."""
    language: str = "en"
    """Of the labels and of the PDF: one of `wording.LANGUAGES`."""
    without_contact: bool = False
    """The reporter's contact data stays here, consent or not."""
    masked: bool = False
    """Withheld contact data is taken out of the texts as well."""
    despite_keep_from: bool = False
    """Refer it to an authority that the reporter asked to keep it from."""


@dataclass(frozen=True)
class Made:
    """A referral that was made; `mentioned` are withheld contact data (by question) that a text names all the same."""

    manifest: Manifest
    sha256: str
    contact: Contact
    keep_from: tuple[str, ...]
    mentioned: tuple[str, ...]
    police: bool
    """Whether it went to police or a prosecutor."""
    restricted: bool
    """Whether the use of the case is restricted on somebody's request."""


def refer(desk: Desk, case: Case, out: Path, wish: Wish, channels: Mapping[str, Channel] | None = None) -> Made:
    """Refer a case: the new folder `out`, or with `wish.sealed` the new age file `out`.

    Raises DeskError if `out` exists, if the authority has no recipient, if the reporter asked to keep the report from
    it, or if an attachment is missing, damaged, or cannot be cleaned; then nothing was made.
    """
    check_free(out)
    to = wish.to or (authorities.the_one_with_recipient(desk.casebook) if wish.sealed else None)
    _check(wish, to)
    recipient = to.key if to and wish.sealed else None
    attached = files.going(desk, case, wish.attachments)
    terms = Terms(to, wish.language, wish.without_contact, wish.masked)
    number = remembering.next_number(desk.casebook, case)
    gathered = gather(desk, case, number, terms, attached, load() if channels is None else channels)
    referral = gathered.referral
    if to and to.name in referral.keep_from and not wish.despite_keep_from:
        raise DeskError(
            f"The reporter asked to keep this from {to.name}, since a person there may be involved: refer it to "
            "another authority, or give --despite-keep-from."
        )
    made = _files(referral, attached, wish)
    listing = Manifest(
        format="portevoix/referral-manifest/1",
        desk=desk.name,
        case=case.name,
        referral=number,
        day=referral.day,
        person=desk.person,
        authority=to.name if to else "",
        files=[Entry(file.name, file.size, file.sha256) for file in sorted(made, key=lambda file: file.name)],
    )
    data, signed = manifest.sign(listing, desk.keyring.signing_key)
    referred = Referred(
        *(case.name, number, referral.day, desk.person, to.name if to else None, tuple(wish.formats)),
        *(wish.attachments, referral.contact, wish.sealed, data, signed, sha256(data)),
    )
    made.append(File.of(manifest.NAME, data))
    signature = File.of(manifest.SIGNATURE_NAME, signed)

    def record() -> None:
        _record(desk, case, referred, attached)

    if recipient is not None:
        writing.write_sealed(out, recipient, [*made, signature], record)
    else:
        writing.write_folder(out, made, signature, record)
    return Made(
        *(listing, sha256(data).hex(), referral.contact, tuple(referral.keep_from), gathered.mentioned),
        police=bool(to and to.police),
        restricted=holding.is_restricted(desk.casebook, case),
    )


def _check(wish: Wish, to: Authority | None) -> None:
    if wish.language not in LANGUAGES:
        raise DeskError(f"A referral is written in one of these languages: {', '.join(LANGUAGES)}.")
    if unknown := [name for name in wish.formats if name not in manifest.FORMATS]:
        raise DeskError(f"There is no format {unknown[0]!a}: take some of {', '.join(manifest.FORMATS)}.")
    if not wish.formats:
        raise DeskError(f"A referral needs a format: take some of {', '.join(manifest.FORMATS)}.")
    if to is None and wish.sealed:
        raise DeskError("A sealed referral needs an authority: say which with --to.")


def _files(referral: Referral, attached: Sequence[Going], wish: Wish) -> list[File]:
    embedded = canonical.dumps(referral)
    written = {
        "pdf": lambda: pdf.write(referral, embedded, live=wish.live),
        "json": lambda: embedded,
        "urls": lambda: urls.write(referral, live=wish.live),
        "cybertip": lambda: cybertip.write(referral),
        "case": lambda: case_jsonld.write(referral),
    }
    made = [File.of(name, written[key]()) for key, name in manifest.FORMATS.items() if key in wish.formats]
    going = [one.file for one in attached if one.file is not None]
    return [*made, *going, *([files.index([one.said for one in attached])] if going else [])]


def _record(desk: Desk, case: Case, referred: Referred, attached: Sequence[Going]) -> None:
    with desk.casebook.transaction():
        for one in attached:
            if one.cleaned is not None:
                cleaning.remember(desk, case, one.message, one.place, one.cleaned)
        remembering.remember(desk.casebook, case, referred)
        desk.record(
            "referred",
            case,
            number=referred.number,
            authority=referred.authority or "",
            manifest=referred.sha256.hex(),
            formats=list(referred.formats),
            attachments=[one.file.sha256 for one in attached if one.file],
            contact=referred.contact,
            sealed=referred.sealed,
        )
