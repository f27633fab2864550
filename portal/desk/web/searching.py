"""Search: words in reports, answers and notes, and what stands in a field.

What somebody looks for is sent in a form and never stands in an address: a browser keeps those.
"""

import re

from flask import Blueprint, Response, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from portal.desk import console, filtering, searching
from portal.desk.filtering import Filter
from portal.desk.searching import BEGIN, END, Found
from portal.desk.session import Desk
from portal.desk.web import headers, wording
from portal.desk.web.door import desk
from portal.desk.web.showing import page
from portal.errors import DeskError
from portal.report import STATUSES

bp = Blueprint("searching", __name__)
PAGE_TEXTS = 20
"""Results on one page."""
_PAGES = 500
"""Nobody reads further."""
FIELDS = ("country", "service", "host", "account")
_NUMBER = re.compile(r"\d{4}-\d{4,}", re.ASCII)
_WHERE = {
    "narrative": "What the reporter wrote",
    "answers": "What the form says",
    "note": "A note of ours",
    "reply": "Our answer",
    searching.FIELDS: "Came in",
}


@bp.get("/search")
def ask() -> Response:
    """What is looked for?"""
    with desk() as opened:
        return _page(opened)


@bp.post("/search")
def find() -> AnyResponse:
    """What was found, a page at a time; the number of a case leads there."""
    words = request.form.get("words", "").strip()
    with desk() as opened:
        if _NUMBER.fullmatch(words) and opened.casebook.one("SELECT 1 FROM cases WHERE name = ?", words):
            return redirect(f"/case/{words}", 303)
        try:
            chosen = _chosen()
            total = searching.count(opened, words, chosen)
            pages = min(max(1, -(-total // PAGE_TEXTS)), _PAGES)
            number = min(max(1, request.form.get("page", 1, int)), pages)
            found = searching.search(opened, words, chosen, most=PAGE_TEXTS, skip=(number - 1) * PAGE_TEXTS)
        except DeskError as error:
            return _page(opened, error=str(error), status=409)
        return _page(opened, found, total, number, pages, nothing=chosen.is_empty and not words)


def _page(
    opened: Desk,
    found: list[Found] | None = None,
    total: int = 0,
    number: int = 1,
    pages: int = 1,
    *,
    nothing: bool = False,
    error: str = "",
    status: int = 200,
) -> Response:
    rows = filtering.of_cases(opened, [one.case for one in found or ()])
    answer = page(
        "search",
        status,
        found=found,
        rows=rows,
        today=opened.today,
        total=total,
        number=number,
        first=(number - 1) * PAGE_TEXTS + 1,
        pages=pages,
        nothing=nothing,
        channels=[(key, wording.channel(key)) for key in filtering.choices(opened.casebook)["channel"]],
        statuses=[(key, wording.status(key)) for key in STATUSES],
        where=_WHERE,
        snippet=snippet,
        fields=any(request.form.get(name) for name in (*FIELDS, "channel", "status")),
        form=request.form,
        error=error,
    )
    headers.leave_when_idle(answer)
    return answer


def _chosen() -> Filter:
    country, service, host, account, channel, status = (
        request.form.get(name, "").strip() or None for name in (*FIELDS, "channel", "status")
    )
    return Filter(channel, status, country=country, service=service, host=host, account=account)


def snippet(text: str) -> Markup:
    """What stands around a word that was found, inert, and the word marked."""
    shown = Markup("")
    for part in re.split(f"([{BEGIN}{END}])", text):
        match part:
            case searching.BEGIN:
                shown += Markup("<mark>")
            case searching.END:
                shown += Markup("</mark>")
            case _:
                shown += console.reporters_line(part.replace("\n", " "))
    return Markup('<bdi dir="auto">{}</bdi>').format(shown)
