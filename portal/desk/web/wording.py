"""What the page calls things: no word that somebody has to ask about."""

from collections.abc import Mapping
from datetime import date

from portal.channels import Channel
from portal.report import Report

STATUS = {
    "received": "New",
    "under-review": "Being looked at",
    "question": "Question to the reporter",
    "forwarded-police": "Passed to the police",
    "forwarded-stopline": "Passed to Stopline",
    "forwarded-other": "Passed to another authority",
    "outside-remit": "Not for us",
    "closed": "Closed",
    "content-gone": "Content can no longer be reached",
}
SHAPE = {
    "received": "●",
    "under-review": "◐",
    "question": "?",
    "forwarded-police": "→",
    "forwarded-stopline": "→",
    "forwarded-other": "→",
    "outside-remit": "○",
    "closed": "✓",
    "content-gone": "✓",
}
"""Beside the word, so that a list can be scanned without colours."""
WROTE = "the reporter has written since our last answer: read it, and answer if that is needed."
"""What to do next then, whatever the status."""
NEXT = {
    "received": "read it, then answer the reporter, or refer it.",
    "under-review": "decide: refer it, ask the reporter, or answer that it is not for us.",
    "question": "wait for what the reporter writes with the next bundle.",
    "forwarded-police": "nothing, unless the reporter or the police write.",
    "forwarded-stopline": "nothing, unless the reporter or Stopline write.",
    "forwarded-other": "nothing, unless the reporter or the authority write.",
    "outside-remit": "nothing; it is erased when its time is over.",
    "closed": "nothing; it is erased when its time is over.",
    "content-gone": "close it.",
}
"""What to do with a case next."""
LANGUAGE = {"en": "English", "fr": "French", "de": "German", "lb": "Luxembourgish", "pt": "Portuguese"}
CHANNEL = {
    "travel": "Travel and tourism",
    "grooming": "Grooming",
    "website": "Website",
    "self": "It happened to me",
    "other": "Something else",
}
FILE = {
    "": "a file of a kind that is not known",
    "image": "a picture",
    "video": "a film",
    "audio": "a sound recording",
    "text": "a text",
    "text/html": "a web page",
    "application/pdf": "a PDF document",
    "application/zip": "an archive, or a document of an office program",
    "application/msword": "a document of an office program",
    "message/rfc822": "an e-mail",
}
"""By media type, or by its first half."""
ACT = {
    "desk-made": "The desk was made",
    "imported": "A sealed item came in",
    "quarantined": "An item was set aside",
    "added": "A report was added by hand",
    "viewed": "Shown",
    "extracted": "An attachment was taken out",
    "cleaned": "A cleaned copy of an attachment was made",
    "attachment-sealed": "An attachment was sealed away",
    "noted": "A note was written",
    "assigned": "The case was given to somebody",
    "tagged": "Tags were changed",
    "status": "The status was changed",
    "replied": "An answer was written",
    "withdrawn": "An answer was withdrawn before it went out",
    "packed": "A pack was made",
    "resent": "Answers that a portal had lost go out again",
    "merged": "Joined with another case",
    "unmerged": "Separated again",
    "referred": "Referred to an authority",
    "transferred": "Handed to another desk",
    "received": "Taken over from another desk",
    "held": "Kept from being erased",
    "released": "May be erased again",
    "restricted": "Use was restricted",
    "person-searched": "A person was searched for",
    "request-decided": "A request of a person was decided",
    "unrestricted": "Use is not restricted any more",
    "reviewed": "Looked at again: still needed",
    "contact-erased": "The reporter's contact data was erased",
    "purged": "Erased",
    "backed-up": "A backup was made",
    "restored": "Restored from a backup",
    "person-added": "Somebody joined the desk",
    "person-removed": "Somebody left the desk",
    "passphrase-changed": "A passphrase was changed",
    "key-rotated": "The keys were replaced",
    "portal-pinned": "A portal became known",
    "portal-trusted": "A portal's new key was compared and trusted",
    "paper-copied": "A paper copy of the keys was made",
    "recovered": "A keyring was made from the paper copy",
    "settings-changed": "A setting was changed",
}


def status(key: str) -> str:
    """A status in plain words."""
    return STATUS.get(key, key)


def next_step(key: str, *, wrote_since: bool = False) -> str:
    """What to do next with a case of this status; `wrote_since`: something came after our last answer."""
    return WROTE if wrote_since else NEXT.get(key, "look at it.")


def due(by: date, today: date) -> str:
    """How far off a deadline is."""
    days = (by - today).days
    if days < 0:
        return f"{count(-days, 'day')} late"
    return ("today", "tomorrow")[days] if days < 2 else f"in {days} days"


def shape(key: str) -> str:
    """The sign that stands before a status."""
    return SHAPE.get(key, "·")


def language(key: str) -> str:
    """The name of a language."""
    return LANGUAGE.get(key, key)


def act(key: str) -> str:
    """What an entry of the log says."""
    return ACT.get(key, key)


def channel(key: str) -> str:
    """A channel in two or three words, for lists."""
    return CHANNEL.get(key, key)


def title(key: str, channels: Mapping[str, Channel], language: str = "en") -> str:
    """A channel as its form calls it."""
    return channels[key].title.text(language) if key in channels else f"{key} (a form that this desk does not have)"


def summary(report: Report) -> str:
    """One neutral line in place of what a reporter wrote: never a word of it."""
    kind = "Report" if report.kind == "report" else "Follow-up"
    size = length(report.narrative)
    files = f", {count(len(report.attachments), 'attachment')}" if report.attachments else ""
    return f"{kind} in {language(report.language)}, {size}{files}"


def length(text: str) -> str:
    """How long a text is, roughly."""
    words = len(text.split())
    if not words:
        return "no text"
    if words < 20:
        return "a few words"
    return f"about {round(words, -1 if words < 300 else -2):,} words"


def kind(media_type: str) -> str:
    """What a file is, for somebody who knows no media types."""
    plain = media_type.partition(";")[0].strip().lower()
    return FILE.get(plain) or FILE.get(plain.partition("/")[0]) or FILE[""]


def count(number: int, one: str, many: str | None = None) -> str:
    """A number and what it counts."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
