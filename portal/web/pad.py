"""The part of a page's filling that its forms send back, so that the size of a post says little of what was sent.

A browser without scripts cannot fill a form up to a size when it is sent; but it sends a hidden field back as it is.
So each form carries a pad of two parts (docs/decisions/0030):
- what an untouched form of ours lacks to the largest one, so that only what is typed makes a difference;
- a random length, every one as likely, the same for all forms of a page, which hides differences that are small beside
  it: a text of some hundred words, the one form or the other.

Where a page has less room, the random part is shorter, then the other. Nobody reads what comes back.
"""

import re
import secrets

from markupsafe import Markup

from portal.limits import KIB

EVEN_BYTES = 10 * KIB
"""Up to here an untouched form is filled, bytes: the one on travel sends so much."""
SPREAD_BYTES = 16 * KIB
"""The random part is shorter than this, bytes."""
FIELD = Markup('<input type="hidden" name="pad" value="">')
"""Stands once in every form, until `fill` gives it its value."""
_FORM = re.compile(rb"<form\b([^>]*)>(.*?)</form>", re.DOTALL)
_CONTROL = re.compile(rb'<(?:input type="(hidden|text|file|number)"|select|textarea)[^>]*? name="([^"]*)"([^>]*)>')
_VALUE = re.compile(rb' value="([^"]*)"')
_PART_BYTES = 106
"""Around name and value in multipart/form-data, as Firefox writes it, bytes."""
_FILE_BYTES = 56
"""More for a file that was not chosen: its empty name and its type."""


def fill(content: bytes, room: int) -> bytes:
    """The page with a pad in each of its forms; all of them take at most `room` bytes."""
    forms = list(_FORM.finditer(content))
    if not forms:
        return content
    share = room // len(forms)
    bases = [min(share, max(0, EVEN_BYTES - _sent_bytes(form[1], form[2]))) for form in forms]
    spread = min(SPREAD_BYTES, (room - sum(bases)) // len(forms))
    extra = secrets.randbelow(spread) if spread > 0 else 0
    empty = FIELD.encode()
    pieces, end = [], 0
    for form, base in zip(forms, bases, strict=True):
        before, after = content[end : form.end()].split(empty)
        pieces += [before, empty.replace(b'value=""', b'value="%b"' % (b"0" * (base + extra))), after]
        end = form.end()
    return b"".join([*pieces, content[end:]])


def _sent_bytes(attributes: bytes, inside: bytes) -> int:
    """About how much a form sends as it stands, with nothing typed or ticked."""
    around = _PART_BYTES if b"multipart" in attributes else len("=&")
    total = 0
    for kind, name, rest in _CONTROL.findall(inside):
        value = _VALUE.search(rest) if kind == b"hidden" else None
        total += around + len(name) + (len(value[1]) if value else 0) + (_FILE_BYTES if kind == b"file" else 0)
    return total
