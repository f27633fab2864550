import json
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal import canonical, limits, parcel, report
from portal.errors import ReportError
from portal.receipt import ThreadKeys
from portal.report import Attachment, Draft, Reply

KEYS = ThreadKeys(bytes([1]) * 32, bytes([2]) * 32, bytes([3]) * 32)
OTHER = ThreadKeys(bytes([1]) * 32, bytes([4]) * 32, bytes([3]) * 32)
NONCE = bytes(16)
FILE = Attachment("p.jpg", "image/jpeg", 3, "00" * 32)


def draft(**changes: Any) -> Draft:
    values: dict[str, Any] = {
        "kind": "report",
        "channel": "travel",
        "version": 1,
        "language": "en",
        "answers": {"country": "TH"},
        "narrative": "é\n",
        "keep_from": [],
        "attachments": [],
    }
    return Draft(**(values | changes))


def write(made: Draft, keys: ThreadKeys = KEYS) -> tuple[bytes, bytes]:
    body = report.complete(made, keys, report.item_id(made, keys, NONCE), "2026-11-25")
    return body, report.sign(body, keys)


def test_a_report_is_read_as_it_was_written() -> None:
    made = draft(attachments=[FILE])
    value = report.read(*write(made))
    assert msgspec.to_builtins(value) | msgspec.to_builtins(made) == msgspec.to_builtins(value)
    assert value.locator == KEYS.locator
    assert value.id == report.item_id(made, KEYS, NONCE).hex()


@pytest.mark.parametrize(
    "change",
    [
        {"channel": "other"},
        {"version": 2},
        {"language": "fr"},
        {"answers": {}},
        {"narrative": "e"},
        {"keep_from": ["police"]},
        {"attachments": [FILE]},
        {"kind": "message"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_item_id_depends_on_everything_said(change: dict[str, Any]) -> None:
    assert report.item_id(draft(), KEYS, NONCE) == report.item_id(draft(), OTHER, NONCE)
    assert report.item_id(draft(**change), KEYS, NONCE) != report.item_id(draft(), KEYS, NONCE)
    assert report.item_id(draft(), KEYS, bytes([1]) * 16) != report.item_id(draft(), KEYS, NONCE)


def test_a_report_signed_by_another_thread_is_refused() -> None:
    body, _ = write(draft())
    with pytest.raises(ReportError, match="signature"):
        report.read(body, report.sign(body, OTHER))


@pytest.mark.parametrize("at", range(0, 64, 7))
def test_a_changed_signature_is_refused(at: int) -> None:
    body, signature = write(draft())
    with pytest.raises(ReportError):
        report.read(body, signature[:at] + bytes([signature[at] ^ 1]) + signature[at + 1 :])


@pytest.mark.parametrize(
    "change",
    [
        {"format": "portevoix/report/2"},
        {"more": 1},
        {"id": "AA" * 32},
        {"received": "yesterday"},
        {"recipient": "age1x"},
        {"verify_key": "zz"},
        {"version": 0},
        {"version": True},
        {"channel": "../x"},
        {"channel": "travel\n"},
        {"received": "2026-11-25\n"},
        {"verify_key": "00" * 32 + "\n"},
        {"keep_from": ["Police"]},
        {"attachments": [{"name": "x" * 300, "type": "", "size": 1, "sha256": "00" * 32}]},
        {"answers": []},
        {"narrative": None},
    ],
    ids=str,
)
def test_what_the_format_does_not_allow_is_refused(change: dict[str, Any]) -> None:
    body = canonical.dumps(json.loads(write(draft())[0]) | change)
    with pytest.raises(ReportError):
        report.read(body, report.sign(body, KEYS))


@pytest.mark.parametrize(
    "rewrite",
    [
        lambda body: body + b"\n",
        lambda body: body.replace(b"{", b"{ ", 1),
        lambda body: json.dumps(json.loads(body), separators=(",", ":")).encode(),
        lambda body: b"[" * 100_000,
        lambda body: b"\xff",
        lambda body: b"",
    ],
    ids=["line end", "blank", "escaped and unsorted", "deep", "not UTF-8", "empty"],
)
def test_json_that_is_not_canonical_is_refused(rewrite: Any) -> None:
    body = rewrite(write(draft())[0])
    with pytest.raises(ReportError):
        report.read(body, report.sign(body, KEYS))


TYPED = st.text(st.characters(codec="utf-8"), max_size=400) | st.text('\n"\\\t\x00\x1f&<é漢😀', max_size=400)


@settings(max_examples=60, deadline=None)
@given(TYPED.filter(bool), st.integers(1, 3))
def test_no_text_report_leaves_its_class(piece: str, shares: int) -> None:
    """24,000 typed bytes of anything, in the narrative or in answers, make an item of 64 KiB."""
    typed = report.clean_text(piece * (limits.TYPED_BYTES // len(piece.encode()) + 1))
    typed = typed.encode()[: limits.TYPED_BYTES].decode("utf-8", "ignore")
    share = len(typed) // shares
    answers = {f"question_{n}": typed[n * share : (n + 1) * share] for n in range(shares - 1)}
    made = draft(answers=answers, narrative=typed[(shares - 1) * share :])
    text = report.as_text("Title", [*answers.items(), ("What happened", made.narrative)])
    body, signature = write(made)
    assert len(b"".join(parcel.pack(body, signature, text))) == limits.ITEM_BYTES


@pytest.mark.parametrize("typed", ["\n", '"', "\\", "é", "\t"], ids=repr)
def test_with_all_its_attachments_every_report_fits_before_them(typed: str) -> None:
    """24,000 typed bytes and 20 files with the longest names."""
    name = ('"' * limits.FILE_NAME_BYTES)[: limits.FILE_NAME_BYTES]
    media_type = "a/" + "b" * (limits.MEDIA_TYPE_BYTES - 2)
    file = Attachment(name, media_type, limits.ATTACHMENT_BYTES, "f" * 64)
    narrative = typed * (limits.TYPED_BYTES // len(typed.encode()))
    answers = {f"question_{number}": {"precision": "unknown"} for number in range(200)}
    kept_from = [f"desk-{number:027}" for number in range(32)]
    made = draft(
        narrative=narrative, answers=answers, keep_from=kept_from, attachments=[file] * limits.ATTACHMENT_COUNT
    )
    body, signature = write(made)
    assert len(parcel.filled_front(body, signature, report.as_text("Title", [("What happened", narrative)]))) == (
        parcel.FRONT_BYTES
    )


def test_a_report_beyond_every_limit_is_refused() -> None:
    with pytest.raises(ReportError, match="too long"):
        write(draft(narrative="x" * limits.REPORT_BYTES))


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("a\r\nb\rc\n", "a\nb\nc"),
        ("a\x00b\x07c\x7fd\x9fe\tf", "abcde\tf"),
        ("  é 漢  ", "é 漢"),
        ("a\ud800b", "ab"),
        ("", ""),
    ],
    ids=["line ends", "control characters", "blanks", "half a pair", "nothing"],
)
def test_clean_text(typed: str, clean: str) -> None:
    assert report.clean_text(typed) == clean


def test_report_txt() -> None:
    text = report.as_text("Travel", [("Country", "Thailand"), ("What", "two\nlines")], [FILE])
    assert text == (
        "Travel\n\nCountry\n    Thailand\n\nWhat\n    two\n    lines\n\nattachments/01  3 bytes  SHA-256 "
        + "00" * 32
        + "\n"
    )


def reply(**changes: Any) -> Reply:
    values: dict[str, Any] = {
        "format": "portevoix/reply/1",
        "id": "ab" * 16,
        "desk": "police",
        "day": "2026-11-25",
        "number": 1,
        "status": "under-review",
        "text": "Thank you.",
        "channel": "travel",
        "follow_up": ["police"],
    }
    return Reply(**(values | changes))


@pytest.mark.parametrize("status", report.STATUSES)
def test_replies(status: str) -> None:
    made = reply(status=status)
    assert report.read_reply(report.write_reply(made)) == made


def test_a_reply_that_is_too_long() -> None:
    assert report.write_reply(reply(text="é" * 2_000))
    with pytest.raises(ReportError, match="4,000"):
        report.write_reply(reply(text="é" * 2_000 + "x"))


@given(st.binary(max_size=300))
def test_hostile_bytes_raise_only_report_errors(data: bytes) -> None:
    with pytest.raises(ReportError):
        report.read(data, data[:64])
    with pytest.raises(ReportError):
        report.read_reply(data)
