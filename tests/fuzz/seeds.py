"""Writes the first inputs of the corpus: `python -m tests.fuzz.seeds`. What is there stays as it is."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import minisign

from portal import bundle, parcel, receipt, report
from portal.age import X25519Recipient, armor, encrypt, payload
from portal.age.header import Header, Reader
from tests.fuzz.targets import HYBRID, KEY, THREAD, X25519
from tests.intake_world import reply

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
_PART = b'--B\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'


def _age() -> Iterator[bytes]:
    for identity in (HYBRID, X25519):
        sealed = b"".join(encrypt([identity.recipient], [b"content"]))
        yield b"f" + sealed
        yield b"h" + bytes(Header.read(Reader([sealed])))
        yield b"a" + b"".join(armor([sealed]))
        yield b"k" + f"# a key\n{identity.recipient}\n".encode()
        yield b"k" + f"{identity}\n".encode()
    yield b"p" + b"".join(payload.seal(KEY, [b"content"]))
    yield b"p" + b"".join(payload.seal(KEY, [b""]))
    assert isinstance(X25519.recipient, X25519Recipient)


def _parcel() -> Iterator[bytes]:
    yield b"".join(parcel.pack(b"{}", bytes(64), "text"))
    yield parcel.pack_reply(b"{}", "text")


def _bundle() -> Iterator[bytes]:
    key = minisign.KeyPair.generate()
    item = bundle.BundleItem("00" * 32, hashlib.sha256(b"one").hexdigest(), 3)
    site = bundle.site(key.public_key)
    made = bundle.Bundle(
        "portevoix/bundle/1", "portal-to-desk", site, "police", 1, "2026-11-25", [item], ["00" * 16], 0
    )
    yield b"".join(bundle.write(made, key.secret_key, [[b"one"]]))
    packed = bundle.PackReply("00" * 16, "00" * 32, hashlib.sha256(b"one").hexdigest(), 3)
    pack = bundle.Pack("portevoix/pack/1", "desk-to-portal", site, "police", 1, [], [packed])
    yield b"".join(bundle.write(pack, key.secret_key, [[b"one"]]))


def _multipart() -> Iterator[bytes]:
    text, file = _PART % (b"x", b"", b"text"), _PART % (b"y", b'; filename="z"\r\nContent-Type: a/b', b"content")
    yield text + file + b"--B--\r\n"
    yield b"before\r\n" + file + text + b"--B--\r\nafter"
    yield b"--B\r\nContent-Disposition: form-data; name*=utf-8''x\r\n\r\n--B--"


def _channels() -> Iterator[bytes]:
    yield b"immediate_danger=no&narrative=x&country=TH&date_from-day=3&date_from-month=2&date_from-year=2026"
    yield b"urls=http://x.example/%0ahttp://y.example/&content_kind=image&suspect-1-name=x&child-1-number=2"
    folder = Path(report.__file__).parent / "channels"
    yield b"{" + (folder / "other.toml").read_bytes()[:6_000]
    yield b'{key = "other"\nversion = 1\ndesks = ["ecpat"]\n[[sections]]\nuse = "danger"\n'


def _receipt() -> Iterator[bytes]:
    for name in receipt.LISTS:
        yield " ".join(receipt.encode(bytes(range(10)), name)).encode()
    yield b"1. abandon, 2) ABILITY"


def _report() -> Iterator[bytes]:
    yield report.write_reply(reply())
    yield bytes(64) + b'{"answers":{},"attachments":[],"channel":"other"}'
    draft = report.Draft("report", "other", 1, "en", {}, "What happened.", [], [])
    yield report.complete(draft, THREAD, bytes(32), "2026-11-25")


def _request() -> Iterator[bytes]:
    yield b"GET /x?y HTTP/1.1\r\nHost: a\r\n\r\n"
    yield b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.0\r\n\r\n"
    yield b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nT: u\r\n\r\n"
    yield b"GET http://b/ HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n"


SEEDS = {
    "age": _age,
    "bundle": _bundle,
    "channels": _channels,
    "multipart": _multipart,
    "parcel": _parcel,
    "receipt": _receipt,
    "report": _report,
    "request": _request,
}


def main() -> None:
    """Write what is missing."""
    for name, make in SEEDS.items():
        folder = CORPUS / name
        folder.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(make(), 1):
            path = folder / f"seed-{number:02}"
            if not path.exists():
                path.write_bytes(data)


if __name__ == "__main__":
    main()
