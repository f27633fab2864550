"""What there is to translate: every message of the templates and of the code of the web side."""

from pathlib import Path

from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir

import portal.web
from portal.web.app import templates

Message = str | tuple[str, ...]
_KEYWORDS = {**DEFAULT_KEYWORDS, "_l": None}


def in_use() -> dict[Message, str]:
    """Each message that a page may show, by where it is; a plural is a pair."""
    roots = [(templates() / "portal", "*.html", "jinja2"), (Path(portal.web.__file__).parent, "*.py", "python")]
    return {
        message: f"{name}:{line}"
        for root, pattern, method in roots
        for name, line, message, _, _ in extract_from_dir(root, [(pattern, method)], keywords=_KEYWORDS)
    }
