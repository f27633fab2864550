"""Web addresses in one normal form, so that two ways to write one page are one.

Dropped: scheme, user, fragment, the default port, `www.`, a slash at the end, and parameters that only follow visitors.
The host is lower-case ASCII (IDNA), the query in order of its names. What was made harmless for display (hxxp, [.]) is
read as what it was. Nothing raises. Pure: an address is never opened.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple, Self
from urllib.parse import SplitResult, parse_qsl, quote, unquote_to_bytes, urlencode, urlsplit

ADDRESS_CHARACTERS = 2_000
"""A longer address is cut here."""
_TRACKING = re.compile(
    r"utm_.*|fbclid|gclid|dclid|msclkid|yclid|igshid?|mc_[ce]id|_ga|ref_src|si|feature", re.IGNORECASE
)
_DEFAULT_PORTS = (80, 443)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_MAGNET = re.compile(r"(?:urn|^magnet):(btih|btmh|ed2k):([a-z0-9]+)", re.IGNORECASE)
_IN_TEXT = re.compile(
    r"(?:https?|ftp|hxxps?)(?:\[:\]|:)//[^\s<>\"“”«»]{3,2000}"
    r"|(?<![\w.@-])www(?:\[\.\]|\.)[^\s<>\"“”«»]{3,2000}"
    r"|\bmagnet:\?[^\s<>\"“”«»]{3,2000}"
    r"|(?<![\w.@-])(?:[a-z0-9-]{1,63}\.){0,3}[a-z2-7]{56}\.onion\b[^\s<>\"“”«»]{0,2000}",
    re.IGNORECASE,
)
_HOST = re.compile(r"(?!-)[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.(?!-)[\w-]{1,63})*", re.ASCII)
_SAFE = "!$&'()*+,;=:@/-._~"


class Address(NamedTuple):
    """`host` in lower case without `www.`, with a port if it is not the default; empty for a magnet link."""

    host: str
    rest: str

    def __str__(self) -> str:
        return self.host + self.rest

    @classmethod
    def of(cls, parts: SplitResult) -> Self | None:
        """The normal form of an address that was split; None if there is no host that could be one."""
        host = _host(parts.hostname or "")
        if not host:
            return None
        port = parts.port
        if port is not None and port not in _DEFAULT_PORTS:
            host += f":{port}"
        return cls(host, _path(parts.path) + _query(parts.query))


def parse(text: str) -> Address | None:
    """The normal form of one address; None if it is none. A name with a dot is one, with or without `http://`."""
    bare = refang(text.strip()[:ADDRESS_CHARACTERS])
    if magnet := _MAGNET.search(bare) if bare[:7].lower() == "magnet:" else None:
        return Address("", f"magnet:{magnet[1].lower()}:{magnet[2].lower()}")
    if any(character.isspace() for character in bare):
        return None
    if not re.match(r"[a-z][a-z0-9+.-]*://", bare, re.IGNORECASE):
        if "@" in bare.partition("/")[0] or (_SCHEME.match(bare) and not re.match(r"[^/]*:\d", bare)):
            return None
        bare = "http://" + bare
    try:
        address = Address.of(urlsplit(bare))
    except ValueError:
        return None
    return address if address is not None and "." in address.host else None


def in_text(text: str) -> Iterator[Address]:
    """The addresses in running text that cannot be anything else: with a scheme, `www.`, or of an onion service."""
    for match in _IN_TEXT.finditer(text):
        address = parse(match[0].rstrip(".,;:!?'\u2019)]}"))
        if address is not None:
            yield address


def refang(text: str) -> str:
    """What was made harmless for display, as it was."""
    text = re.sub(r"\bhxxp", "http", text, flags=re.IGNORECASE)
    return re.sub(r"\[at\]", "@", re.sub(r"\[([.:])\]", r"\1", text), flags=re.IGNORECASE)


def _host(name: str) -> str:
    name = name.strip(".").lower()
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii").lower()
        except UnicodeError:
            return ""
    name = name.removeprefix("www.")
    return name if len(name) <= 253 and _HOST.fullmatch(name) else ""


def _path(path: str) -> str:
    """The path with its escapes in one form, without `.`, `..` and a slash at the end."""
    kept: list[str] = []
    for part in path.split("/"):
        if part == "..":
            kept = kept[:-1]
        elif part not in ("", "."):
            kept.append(quote(unquote_to_bytes(part), safe=_SAFE.replace("/", "")))
    return "".join(f"/{part}" for part in kept)


def _query(query: str) -> str:
    try:
        pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
    except ValueError:
        return ""
    kept = sorted((name, value) for name, value in pairs if not _TRACKING.fullmatch(name))
    return "?" + urlencode(kept, errors="surrogateescape") if kept else ""
