"""A channel's form: shown, sent, given back with all that was typed, and filed.

The way of a report: this module has it checked and read (`portal.web.answers`), `portal.intake` gives it its receipt
and seals it, `portal.store` keeps it.
"""

from collections.abc import Sequence

from flask import Blueprint, abort, request
from werkzeug.exceptions import InternalServerError

from portal import helplines
from portal.channels import NARRATIVE, Channel
from portal.errors import FileTooLarge, FormatError, PortevoixError, StoreFull, TicketExpired, TooManyFiles
from portal.intake import Filed, Message, NobodyReads
from portal.limits import MIB
from portal.report import Attachment
from portal.web import answers, receipt
from portal.web.errors import error_page
from portal.web.forms import FieldError, View, require_token
from portal.web.headers import UNTIL_CLOSED
from portal.web.languages import current, gettext, speak_informally
from portal.web.notices import EXPLAINED, FULL_FOR_FILES, Notice, TokenRefused, notice_of
from portal.web.page import Page, render
from portal.web.site import current_site, desk_name, in_language
from portal.web.uploads import Upload, sealing, uploads
from portal.web.visitor import visitor

bp = Blueprint("report", __name__)
SELF = "self"
"""The channel of those to whom it happened."""


class CannotFile(PortevoixError):
    """The form cannot be filed as it is: `errors` by field, or a `notice` for the whole."""

    def __init__(self, errors: Sequence[FieldError] = (), notice: Notice | None = None) -> None:
        super().__init__("The form was given back with what has to be changed.")
        self.errors = errors
        self.notice = notice


@bp.get("/report/<key>")
def show(key: str) -> Page:
    """The empty form."""
    visitor()
    page = _form_page(_channel(key), View(), _new_ticket())
    page.headers["Cache-Control"] = UNTIL_CLOSED
    return page


@bp.post("/report/<key>")
def post(key: str) -> Page:
    """The filled form, the confirmation of the page that came after it, or both at once."""
    channel = _channel(key)
    require_token()
    ticket = request.form.get("ticket", "")
    if receipt.FILED in request.form:
        return receipt.confirm(channel, ticket, receipt.filed(ticket))
    if _only_confirms():
        current_site().intake.seals.open_ticket(ticket)
        return receipt.not_confirmed(channel)
    filed = _file(channel, ticket)
    return receipt.confirm(channel, ticket, filed) if receipt.is_answered() else receipt.page(channel, ticket, filed)


def _only_confirms() -> bool:
    """Whether the form answers the page of the words, and carries no report."""
    return receipt.FILED in request.form or (receipt.is_answered() and NARRATIVE not in request.form)


def _file(channel: Channel, ticket: str) -> Filed:
    """Check everything cheap first; only then is a key stretched and something stored."""
    site = current_site()
    site.intake.seals.open_ticket(ticket)
    posted = answers.read(channel, _desks(channel), request.form, current())
    files, file_errors = _files(channel)
    readers, reader_errors = _readers(channel, posted.keep_from)
    if errors := [*posted.errors, *reader_errors, *file_errors]:
        raise CannotFile(errors)
    draft = answers.draft(channel, posted, [_attachment(file) for file in files], current())
    message = Message(draft, answers.report_text(channel, draft), readers, sealing(request))
    return site.intake.file(visitor(), ticket, message)


def give_back(error: Exception) -> Page:
    """The form with everything that was typed, and what to do."""
    channel = _channel(str((request.view_args or {})["key"]))
    if request.method != "POST":
        return error_page(500)
    if receipt.FILED in request.form and isinstance(error, TokenRefused):
        return receipt.gone(channel)
    if _only_confirms():
        return receipt.not_shown(channel, notice_of(error))
    errors: Sequence[FieldError] = ()
    notice: Notice | None = None
    if isinstance(error, CannotFile):
        errors, notice = error.errors, error.notice
    elif isinstance(error, FormatError):
        errors = [answers.too_long_to_seal(NARRATIVE)]
    elif isinstance(error, StoreFull) and request.files:
        notice = FULL_FOR_FILES
    else:
        notice = notice_of(error)
    return _form_page(channel, View(request.form, errors), _ticket(error), errors, notice)


GIVES_BACK: tuple[type[Exception], ...] = (CannotFile, FormatError, *EXPLAINED, InternalServerError)
for kind in GIVES_BACK:
    bp.register_error_handler(kind, give_back)


def _form_page(
    channel: Channel, view: View, ticket: str, errors: Sequence[FieldError] = (), notice: Notice | None = None
) -> Page:
    site, language = current_site(), current()
    fallback = site.settings.fallback
    desks = _desks(channel)
    return render(
        "report",
        status=notice.status if notice else 400 if errors else 200,
        headers=notice.headers if notice else None,
        here=f"report/{channel.key}",
        keeps_typed=view.is_typed,
        channel=channel,
        form=view,
        ticket=ticket,
        errors=errors,
        notice=notice,
        files_lost=any(file.filename for file in request.files.values()),
        has_self=SELF in site.channels,
        lines=helplines.for_channel(site.helplines, channel.key, channel.helplines),
        desks=[(desk, desk_name(desk, language)) for desk in desks],
        fallback=desk_name(fallback, language) if fallback and fallback not in desks else None,
        bodies=in_language(site.settings.independent_bodies, language),
        takes_files=site.intake.takes_files(desks),
        limits={
            "count": site.settings.attachment_count,
            "each": site.settings.attachment_bytes // MIB,
            "all": site.settings.submission_bytes // MIB,
        },
    )


def _channel(key: str) -> Channel:
    """The channel of this page; 404 if there is none."""
    channel = current_site().channels.get(key)
    if channel is None:
        abort(404)
    if channel.key == SELF:
        speak_informally()
    return channel


def _desks(channel: Channel) -> tuple[str, ...]:
    """The desks that would read this."""
    return current_site().intake.readers(channel.key, ())


def _readers(channel: Channel, keep_from: Sequence[str]) -> tuple[tuple[str, ...], list[FieldError]]:
    try:
        return current_site().intake.readers(channel.key, keep_from), []
    except NobodyReads:
        return (), [answers.nobody_reads()]


def _files(channel: Channel) -> tuple[list[Upload], list[FieldError]]:
    label = gettext("Files")
    if not channel.attachments:
        if not any(file.filename for file in request.files.values()):
            return [], []
        return [], [FieldError("report", label, gettext("This form takes no files. Send it again without them."))]
    try:
        return uploads(request, current_site().settings), []
    except TooManyFiles as error:
        message = gettext("Choose at most %(num)d files; send the others with a second report.", num=error.limit)
    except FileTooLarge as error:
        message = gettext("One file is larger than %(num)d MB. Leave it out.", num=error.limit // MIB)
    return [], [FieldError("attachment", label, message)]


def _attachment(file: Upload) -> Attachment:
    return Attachment(file.name, file.type, file.size, file.sha256.hex())


def _new_ticket() -> str:
    return current_site().intake.seals.issue_ticket(current())


def _ticket(error: Exception) -> str:
    """The ticket that came with the form, so that a repeat stays one; a new one if it cannot be used."""
    seals = current_site().intake.seals
    given = request.form.get("ticket", "")
    try:
        usable = not isinstance(error, TicketExpired) and seals.is_fresh(seals.open_ticket(given))
    except TicketExpired:
        usable = False
    return given if usable else _new_ticket()
