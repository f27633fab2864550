"""The headers that stand on every answer, errors included.

No page needs anything from anywhere: its one style sheet is allowed by its hash, its icon is empty. `Date` is
rounded to the day: a precise clock identifies a machine.
"""

import base64
import hashlib
from datetime import datetime
from wsgiref.handlers import format_date_time

from flask import Response

_UNUSED_FEATURES = (
    "accelerometer",
    "autoplay",
    "camera",
    "display-capture",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "usb",
)
FIXED = {
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _UNUSED_FEATURES),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
NO_STORE = "no-store"
UNTIL_CLOSED = "private, no-cache"
"""For the empty form page alone: Firefox throws away what was typed in a `no-store` page when one comes Back."""


def content_security_policy(style: str) -> str:
    """The policy that allows the one inline style sheet `style` and nothing else (CSP3 section 2.3.1)."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )


def set_headers(response: Response, policy: str, now: datetime) -> None:
    """Complete the headers of `response`; `now` is in UTC."""
    response.headers.update(FIXED)
    response.headers["Content-Security-Policy"] = policy
    response.headers.setdefault("Cache-Control", NO_STORE)
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    response.headers["Date"] = format_date_time(midnight.timestamp())
