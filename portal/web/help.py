"""The pages that explain: how safe it is, who is behind it, how accessible it is, and with which keys it works."""

from flask import Blueprint, abort

from portal import bundle
from portal.desks import DeskKeys
from portal.limits import MAILBOX_SECONDS, REPLY_MONTHS
from portal.settings import DeskInfo
from portal.web.languages import current, long_date
from portal.web.languages import lazy_gettext as _l
from portal.web.mailbox import STATUSES
from portal.web.page import Page, render
from portal.web.site import current_site, desk_name

bp = Blueprint("help", __name__)
REGIMES = {
    "Directive (EU) 2016/680": _l("Directive (EU) 2016/680"),
    "Regulation (EU) 2016/679": _l("Regulation (EU) 2016/679"),
}
"""The laws on personal data that a desk may name, in the reader's language."""
PAGES = ("safety", "about", "accessibility", "keys")


@bp.get("/help/<name>")
def show(name: str) -> Page:
    """One of `PAGES`."""
    if name not in PAGES:
        abort(404)
    site, language = current_site(), current()
    return render(
        f"help_{name}",
        here=f"help/{name}",
        desks=[_described(desk, info) for desk, info in site.settings.desks.items()],
        portal_words=" ".join(site.portal_key_words),
        keys=[_keys(desk_name(desk, language), keys) for desk, keys in site.desk_keys().items()],
        statuses=list(STATUSES.values()),
        reply_months=REPLY_MONTHS,
        mailbox_hours=MAILBOX_SECONDS // 3600,
    )


def _keys(name: str, keys: DeskKeys) -> dict[str, object]:
    """A desk's keys for the page on keys: fingerprints in words, and in which days each recipient is used."""
    recipients = []
    for recipient in keys.recipients:
        term = keys.terms.get(recipient)
        days = None if term is None else (long_date(term.since), long_date(term.until))
        recipients.append({"words": " ".join(bundle.recipient_fingerprint(recipient)), "days": days})
    return {"name": name, "signing": " ".join(bundle.fingerprint(keys.verify_key)), "recipients": recipients}


def _described(desk: str, info: DeskInfo) -> dict[str, object]:
    """A desk for the page on who reads."""
    name = desk_name(desk, current())
    return {
        "name": name,
        "days": info.days_to_read,
        "controller": name if info.controller in info.title.values() else info.controller,
        "regime": REGIMES.get(info.regime, info.regime),
    }
