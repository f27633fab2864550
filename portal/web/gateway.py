"""Who may be asked: only our own addresses, and only directly.

A web gateway to onion services reads and can change everything, and the reporter's address is known to it. What came
through one is told so, and shown no form.
"""

from flask import Request

from portal.web.site import Site

GATEWAY_HEADERS = ("X-Tor2web", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "Via", "CF-Ray")
"""Tor Browser and tor send none of them; gateways and proxies do."""
ADDRESS_FIELD = "our-address"
"""A hidden field of every form with our own address: gateways rewrite onion links, and so give themselves away."""
_DEFAULT_PORT = ":80"


def is_ours(request: Request, site: Site) -> bool:
    """Whether the request names one of our own addresses (DNS rebinding, a wrong virtual host)."""
    return request.headers.get("Host", "").lower().removesuffix(_DEFAULT_PORT) in site.hosts()


def is_through_gateway(request: Request) -> bool:
    """Whether the headers say that somebody stands between Tor and us."""
    return any(name in request.headers for name in GATEWAY_HEADERS)


def is_mangled(request: Request, site: Site) -> bool:
    """Whether our own address came back changed from a form."""
    given = request.form.get(ADDRESS_FIELD)
    return bool(given) and site.onion() is not None and given != site.onion()
