"""The page with the eight words, and the two ways on from it. The words are in no URL, no cookie and no other page."""

from flask import request

from portal import helplines
from portal.channels import Channel
from portal.intake import Filed
from portal.receipt import LISTS, same_word
from portal.web.languages import gettext
from portal.web.notices import Notice
from portal.web.page import Page, render
from portal.web.site import current_site
from portal.web.visitor import forget, visitor

FILED = "filed"
"""The hidden field with the proof of filing; a form that has it comes from the page of the words."""
_LANGUAGE_OF_LIST = dict(zip(LISTS, ("en", "fr", "pt"), strict=True))
_EMERGENCY_LINES = 2


def page(channel: Channel, ticket: str, filed: Filed, error: str = "") -> Page:
    """The words of a report that is stored."""
    site = current_site()
    lines = helplines.for_channel(site.helplines, channel.key, channel.helplines)
    return render(
        "receipt",
        status=400 if error else 200,
        here=f"report/{channel.key}",
        keeps_words=True,
        channel=channel,
        ticket=ticket,
        proof=filed.proof,
        words=" ".join(filed.words),
        words_language=_LANGUAGE_OF_LIST[site.intake.seals.open_ticket(ticket).word_list],
        error=error,
        days=_days_to_read(channel),
        emergency=[line for line in lines if line.number][:_EMERGENCY_LINES],
    )


def is_answered() -> bool:
    """Whether the form answers the page of the words: a word was typed, or it is not safe to keep them."""
    return "word" in request.form or "not_safe" in request.form


def filed(ticket: str) -> Filed:
    """The report whose proof of filing the form carries. Raises TicketExpired."""
    return current_site().intake.filed(visitor(), ticket, request.form[FILED])


def confirm(channel: Channel, ticket: str, filed: Filed) -> Page:
    """The answer to the page of the words: they are kept (one was typed), or it is not safe to keep them."""
    not_safe = bool(request.form.get("not_safe"))
    if not_safe or same_word(request.form.get("word", ""), filed.words):
        # Whoever uses this browser next must neither see these words again nor write into this thread.
        forget()
        return render("confirmed", here=f"report/{channel.key}", kept=not not_safe)
    error = gettext("This is not one of the eight words. Look at them once more and type one of them.")
    return page(channel, ticket, filed, error)


def not_confirmed(channel: Channel) -> Page:
    """The answer to a confirmation without the proof of filing, which only the page of the words has."""
    return render("sent", here=f"report/{channel.key}", proven=False)


def gone(channel: Channel) -> Page:
    """Instead of a confirmed page that is loaded again: its cookie was replaced, so the token fails.

    The same whoever asks: it tells nothing that was not sent with the request.
    """
    return render("sent", here=f"report/{channel.key}", proven=True)


def not_shown(channel: Channel, notice: Notice) -> Page:
    """Instead of the words, where they cannot be shown again."""
    return render("filed_before", status=notice.status, headers=notice.headers, here=f"report/{channel.key}")


def _days_to_read(channel: Channel) -> int | None:
    """Within how many days somebody reads it; None unless every desk that might has said so."""
    site = current_site()
    names = {*site.intake.readers(channel.key, ()), *filter(None, [site.settings.fallback])}
    days = [info.days_to_read for name in names if (info := site.settings.desks.get(name)) is not None]
    known = [number for number in days if number is not None]
    return max(known) if known and len(known) == len(names) else None
