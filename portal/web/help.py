"""The pages that explain: how safe it is, who is behind it, how accessible it is, and with which keys it works."""

from flask import Blueprint, abort

from portal.limits import MAILBOX_SECONDS, REPLY_MONTHS
from portal.web.languages import current
from portal.web.mailbox import STATUSES
from portal.web.page import Page, render
from portal.web.site import current_site, desk_name

bp = Blueprint("help", __name__)
PAGES = ("safety", "about", "accessibility", "keys")


@bp.get("/help/<name>")
def show(name: str) -> Page:
    """One of `PAGES`."""
    if name not in PAGES:
        abort(404)
    site, language = current_site(), current()
    desk_words = site.desk_key_words()
    return render(
        f"help_{name}",
        here=f"help/{name}",
        desks=[(desk_name(desk, language), info) for desk, info in site.settings.desks.items()],
        portal_words=" ".join(site.portal_key_words),
        desk_words=[(desk_name(desk, language), " ".join(words)) for desk, words in desk_words.items()],
        statuses=list(STATUSES.values()),
        reply_months=REPLY_MONTHS,
        mailbox_hours=MAILBOX_SECONDS // 3600,
    )
