"""What the eight words open: answers to read and delete, and messages to write.

Rules kept here: opening changes nothing, only the two buttons do; threads that are unknown, expired or empty give one
and the same page. A page carries what it needs again as a hidden `capsule`, which is useless without the cookie.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from flask import Blueprint, request
from markupsafe import Markup
from werkzeug.exceptions import InternalServerError

from portal.channels import Channel
from portal.errors import FormatError, PortevoixError, ReceiptError, StoreError
from portal.intake import Mailbox, Message, NobodyReads
from portal.limits import KIB, TYPED_BYTES
from portal.receipt import UnknownWord, WrongCount
from portal.report import Draft, as_text, clean_text
from portal.web.answers import kept_from, nobody_reads, too_long, too_long_to_seal
from portal.web.errors import error_page
from portal.web.forms import FieldError, View, require_token
from portal.web.languages import current, gettext, long_date, ngettext
from portal.web.languages import lazy_gettext as _l
from portal.web.notices import EXPLAINED, NOT_DELETED, Notice, notice_of
from portal.web.page import Page, render, render_part
from portal.web.site import current_site, desk_name
from portal.web.visitor import visitor

bp = Blueprint("mailbox", __name__)
HERE = "mailbox"
ARTICLES_BYTES = 40 * KIB
"""Room for answers on a mailbox page, bytes of HTML; the rest of the page needs less than 24 KiB."""
RECEIPT_CHARACTERS = 1_000
"""As many of what was typed for a receipt are given back; `portal.receipt` looks at no more."""
STATUSES = {
    "received": _l("Received"),
    "under-review": _l("Under review"),
    "question": _l("A question for you"),
    "forwarded-police": _l("Forwarded to the police"),
    "forwarded-stopline": _l("Forwarded to the Stopline"),
    "forwarded-other": _l("Forwarded to another authority"),
    "outside-remit": _l("Outside our remit"),
    "closed": _l("Closed"),
    "content-gone": _l("The content can no longer be reached"),
}


class CannotSend(PortevoixError):
    """The message cannot be sent as it is: `errors` by field, or a `notice`; `mailbox` is where it was written."""

    def __init__(self, mailbox: Mailbox, errors: Sequence[FieldError] = (), notice: Notice | None = None) -> None:
        super().__init__("The message was given back with what has to be changed.")
        self.mailbox = mailbox
        self.errors = errors
        self.notice = notice


class Addressed(NamedTuple):
    """What a message is about and who reads it."""

    channel: Channel
    desks: tuple[str, ...]
    keep_from: list[str]


@bp.get("/mailbox")
def show() -> Page:
    """The form for the eight words."""
    visitor()
    return _words_page()


@bp.post("/mailbox")
def enter() -> Page:
    """Open with the words, or once more with the capsule of a page that is open."""
    require_token()
    typed = request.form.get("receipt", "")
    if typed.strip() or "capsule" not in request.form:
        mailbox = current_site().intake.enter(visitor(), typed)
    else:
        mailbox = current_site().intake.look(visitor(), request.form["capsule"])
    return _mailbox_page(mailbox, View(request.form if request.form.get("message") else None))


@bp.post("/mailbox/message")
def send() -> Page:
    """Store a message of this thread."""
    require_token()
    site, capsule = current_site(), request.form.get("capsule", "")
    mailbox = site.intake.look(visitor(), capsule)
    message = _message(mailbox)
    try:
        mailbox = site.intake.send(visitor(), capsule, message)
    except FormatError:
        raise CannotSend(mailbox, [too_long_to_seal("message")]) from None
    except StoreError as error:
        raise CannotSend(mailbox, notice=notice_of(error)) from None
    return _mailbox_page(mailbox, View(), done=gettext("Your message has been sent."))


@bp.post("/mailbox/delete")
def delete() -> Page:
    """Forget answers that the reporter has read."""
    require_token()
    form = request.form
    mailbox, deleted = current_site().intake.delete(visitor(), form.get("capsule", ""), form.getlist("reply"))
    if deleted:
        return _mailbox_page(mailbox, View(), done=gettext("The answer has been deleted."))
    if mailbox.readable:
        return _mailbox_page(mailbox, View(), done=gettext("There was nothing left to delete."))
    return _words_page(NOT_DELETED)


def give_back(error: Exception) -> Page:
    """The page with everything that was typed, and what to do."""
    if request.method != "POST":
        return error_page(500)
    if isinstance(error, CannotSend):
        return _mailbox_page(error.mailbox, View(request.form, error.errors), error.errors, error.notice)
    if isinstance(error, ReceiptError):
        return _words_page(problem=_typo(error))
    return _words_page(notice_of(error))


def stretches_key(method: str, path: str) -> bool:
    """Whether a request may stretch a key to open a mailbox: a guess at a receipt looks like this."""
    return method == "POST" and path.strip("/").partition("/")[2] == HERE


GIVES_BACK: tuple[type[Exception], ...] = (CannotSend, ReceiptError, *EXPLAINED, InternalServerError)
for kind in GIVES_BACK:
    bp.register_error_handler(kind, give_back)


def _words_page(notice: Notice | None = None, problem: str = "") -> Page:
    """The form for the eight words, with what was typed into it or into the page that has closed."""
    return render(
        "words",
        status=notice.status if notice else 400 if problem else 200,
        headers=notice.headers if notice else None,
        here=HERE,
        keeps_typed=request.method == "POST",
        notice=notice,
        error=problem,
        typed=request.form.get("receipt", "")[:RECEIPT_CHARACTERS],
        message=request.form.get("message", ""),
        carried=[(name, value) for name in ("about", "keep_from") for value in request.form.getlist(name)],
    )


def _mailbox_page(
    mailbox: Mailbox, view: View, errors: Sequence[FieldError] = (), notice: Notice | None = None, done: str = ""
) -> Page:
    site, language = current_site(), current()
    collected = site.intake.collected()
    return render(
        "mailbox",
        status=notice.status if notice else 400 if errors else 200,
        headers=notice.headers if notice else None,
        here=HERE,
        keeps_typed=view.is_typed,
        mailbox=mailbox,
        form=view,
        errors=errors,
        notice=notice,
        done=done,
        articles=_articles(mailbox),
        total=len(mailbox.replies),
        collected=[(desk_name(desk, language), day and long_date(day)) for desk, day in collected.items()],
        ask_about=_answered(mailbox) is None or view.value("about"),
        channels=list(site.channels.values()),
        desks=[(desk, desk_name(desk, language)) for desk in collected],
    )


def _articles(mailbox: Mailbox) -> list[Markup]:
    """The answers as HTML, the newest first, as many as the page has room for."""
    articles: list[Markup] = []
    room = ARTICLES_BYTES
    for reply in mailbox.replies:
        article = render_part(
            "reply",
            mailbox=mailbox,
            reply=reply,
            status=STATUSES[reply.status],
            desk=desk_name(reply.desk, current()),
            day=long_date(date.fromisoformat(reply.day)),
        )
        room -= len(article.encode())
        if room < 0 and articles:
            break
        articles.append(article)
    return articles


def _message(mailbox: Mailbox) -> Message:
    """The message that was typed. Raises CannotSend."""
    text = clean_text(request.form.get("message", ""))
    size = len(text.encode())
    addressed = _addressed(mailbox)
    errors = [addressed] if isinstance(addressed, FieldError) else []
    if not text or size > TYPED_BYTES:
        problem = too_long(size) if text else gettext("Write something here; a few words are enough.")
        errors.append(FieldError("message", gettext("Your message"), problem))
    if errors or isinstance(addressed, FieldError):
        raise CannotSend(mailbox, errors)
    channel = addressed.channel
    draft = Draft("message", channel.key, channel.version, current(), {}, text, addressed.keep_from, [])
    lines = [(gettext("Your message"), text), *kept_from(addressed.keep_from, current())]
    return Message(draft, as_text(channel.title.text(current()), lines), addressed.desks)


def _addressed(mailbox: Mailbox) -> Addressed | FieldError:
    """Who reads the message: what was chosen where the page asked, else what the last answer says."""
    site = current_site()
    answered = _answered(mailbox)
    if "about" not in request.form and answered is not None:
        return answered
    channel = site.channels.get(request.form.get("about", ""))
    if channel is None:
        label = gettext("What was your report about?")
        return FieldError("about", label, gettext("Choose what it was about, so that the right people read it."))
    keep_from = sorted(set(request.form.getlist("keep_from")) & set(site.settings.desks))
    try:
        return Addressed(channel, site.intake.readers(channel.key, keep_from), keep_from)
    except NobodyReads:
        return nobody_reads()


def _answered(mailbox: Mailbox) -> Addressed | None:
    """Who reads the message by the last answer that says it."""
    channel = current_site().channels.get(mailbox.channel or "")
    return None if channel is None or mailbox.desks is None else Addressed(channel, mailbox.desks, [])


def _typo(error: ReceiptError) -> str:
    """What is wrong with the words."""
    if len(request.form.get("receipt", "")) > RECEIPT_CHARACTERS:
        return gettext("This is far more than eight words.")
    match error:
        case WrongCount():
            return ngettext(
                "A receipt has eight words; this is one.", "A receipt has eight words; these are %(num)d.", error.count
            )
        case UnknownWord(suggestion=None):
            return gettext(
                "Word %(position)d, “%(typed)s”, is not in the list. Look at it once more.",
                position=error.position,
                typed=error.typed,
            )
        case UnknownWord():
            return gettext(
                "Word %(position)d, “%(typed)s”, is not in the list. Did you mean “%(suggestion)s”?",
                position=error.position,
                typed=error.typed,
                suggestion=error.suggestion,
            )
    return gettext("These eight words do not belong together: one of them is wrong, or two have changed places.")
