"""The first page, and the way out."""

from flask import Blueprint

from portal.web.page import Page, render
from portal.web.report import SELF
from portal.web.site import current_site

bp = Blueprint("landing", __name__)


def show() -> Page:
    """What can be reported, whom to call first, and where the answer is. At `/` in the best language."""
    site = current_site()
    channels = sorted(site.channels.values(), key=lambda channel: channel.key != SELF)
    return render("landing", channels=channels, lines=list(site.helplines.values()))


bp.add_url_rule("/", view_func=show)


@bp.get("/leave")
def leave() -> Page:
    """A page that looks like an empty tab."""
    return render("leave")
