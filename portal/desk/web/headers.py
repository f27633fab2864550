"""The headers of every answer.

A page may load nothing but pictures of its own desk, may send forms nowhere but here, and is kept by no cache. Its one
style sheet is allowed by its hash (CSP3 section 2.3.1).
"""

import base64
import hashlib

from flask import Response

from portal.limits import DESK_IDLE_SECONDS

FIXED = {
    "Cache-Control": "no-store",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "X-Frame-Options": "DENY",
}
_AFTER_SECONDS = 5
"""The page of a desk that has locked itself comes so long after that, seconds."""


def content_security_policy(style: str) -> str:
    """The policy that allows the style sheet `style`."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def leave_when_idle(response: Response) -> None:
    """Let the browser put the page away once the desk has locked itself.

    As a header, since nothing on the page depends on it; not on pages on which somebody types.
    """
    response.headers.setdefault("Refresh", f"{int(DESK_IDLE_SECONDS) + _AFTER_SECONDS}; url=/locked")
