"""The targets, by name: what a stranger may send to portal or desk, and what must hold for it.

Every target lets the typed errors of its format pass and nothing else; what is accepted must also be what the same code
would have written, as far as the format has one form only.
"""

import contextlib
import hashlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qsl

from waitress.adjustments import Adjustments
from werkzeug.exceptions import BadRequest, RequestEntityTooLarge

from portal import bundle, canonical, parcel, receipt, report
from portal.age import (
    HybridIdentity,
    ScryptIdentity,
    X25519Identity,
    armor,
    dearmor,
    decrypt,
    parse_identities,
    parse_recipients,
    payload,
)
from portal.age.header import Header, Reader
from portal.channels import check_answers, load, read_form
from portal.errors import AgeError, BundleError, ChannelError, FormatError, ParcelError, ReceiptError, ReportError
from portal.serving.body import Budget
from portal.serving.bounds import Bounds
from portal.serving.parser import Parser
from portal.web import multipart

Target = Callable[[bytes], None]
HYBRID = HybridIdentity.from_seed(bytes(32))
X25519 = X25519Identity(bytes(32))
KEY = bytes(32)
THREAD = receipt.ThreadKeys(bytes(32), bytes(32), bytes(32))
BOUNDARY = "B"
PASSPHRASE_WORK = 2
"""log2 of the scrypt work that is done at most: a fuzzer has better uses for its time."""


def _cut(data: bytes) -> Iterator[bytes]:
    """`data` in pieces whose lengths follow from it, so that a saved input is cut in the same way again."""
    sizes = hashlib.sha256(data).digest()
    at, turn = 0, 0
    while at < len(data):
        size = 1 + sizes[turn % len(sizes)] % 97
        yield data[at : at + size]
        at, turn = at + size, turn + 1


def age(data: bytes) -> None:
    """The first byte chooses: a whole file, a header, a payload, armor, keys."""
    kind, data = data[:1], data[1:]
    with contextlib.suppress(AgeError):
        if kind == b"h":
            assert data.startswith(bytes(Header.read(Reader(_cut(data))))), "a header that nobody writes"
        elif kind == b"p":
            opened = b"".join(payload.open_(KEY, _cut(data)))
            assert b"".join(payload.seal(KEY, [opened])) == data, "a payload that nobody writes"
        elif kind == b"a":
            bare = b"".join(dearmor(_cut(data)))
            assert b"".join(dearmor(armor([bare]))) == bare
        elif kind == b"k":
            text = data.decode("utf-8", "replace")
            for parse in (parse_recipients, parse_identities):
                with contextlib.suppress(AgeError):
                    for key in parse(text):
                        assert str(key).upper() in text.upper(), "a key that is written in another way"
        else:
            identities = [HYBRID, X25519, ScryptIdentity("x", PASSPHRASE_WORK)]
            b"".join(decrypt(identities, _cut(data)))


def parcels(data: bytes) -> None:
    """The tar inside a sealed item, and that of a reply."""
    with contextlib.suppress(ParcelError):
        box = parcel.Parcel(_cut(data))
        files = [b"".join(pieces) for _, _, pieces in box.attachments()]
        text = box.front.text.decode("utf-8", "replace")
        if text.encode() == box.front.text:
            contents = [parcel.Content(len(file), [file]) for file in files]
            again = b"".join(parcel.pack(box.front.report, box.front.signature, text, contents))
            assert again == data, "an archive that nobody writes"
    with contextlib.suppress(ParcelError):
        parcel.unpack_reply(_cut(data))


def reports(data: bytes) -> None:
    """report.json behind its signature, the same as its own thread would have signed it, and reply.json."""
    with contextlib.suppress(ReportError):
        report.read(data[64:], data[:64])
    with contextlib.suppress(ReportError):
        value = report.read(data, report.sign(data, THREAD))
        assert canonical.dumps(value) == data, "a report that nobody writes"
        assert len(value.locator) == 32
    with contextlib.suppress(ReportError):
        assert report.write_reply(report.read_reply(data)) == data, "a reply that nobody writes"


def receipts(data: bytes) -> None:
    """What is typed for eight words."""
    typed = data.decode("utf-8", "replace")
    with contextlib.suppress(ReceiptError):
        for entropy in receipt.decode(typed):
            words = [receipt.encode(entropy, name) for name in receipt.LISTS]
            assert any(entropy in receipt.decode(" ".join(each)) for each in words)
            assert any(receipt.same_word(typed.split()[0], each) for each in words if typed.split())


def bundles(data: bytes) -> None:
    """A bundle and a pack, after somebody let their signature pass."""
    for kind in (bundle.Bundle, bundle.Pack):
        with contextlib.suppress(BundleError):
            reader = bundle.Reader(_cut(data))
            with contextlib.suppress(BundleError):
                reader.front.verified([])
            manifest = reader.manifest(kind)
            for _, pieces in reader.members(manifest):
                b"".join(pieces)


class Taken(bytearray):
    """A file as it is taken."""

    def write(self, piece: memoryview) -> None:
        """More of it."""
        self.extend(piece)

    def end(self) -> None:
        """It is whole."""


def forms(data: bytes) -> None:
    """multipart/form-data: the same whole and in pieces, and files that are in it."""
    found, files = [], []
    for pieces in ([data], list(_cut(data))):
        taken: list[Taken] = []

        def take(name: str, file_name: str, taken: list[Taken] = taken) -> Taken:
            taken.append(Taken())
            return taken[-1]

        reader = multipart.Reader(BOUNDARY, take)
        try:
            for piece in pieces:
                reader.feed(memoryview(piece))
            found.append(reader.parts())
        except (BadRequest, RequestEntityTooLarge) as error:
            found.append([error.code])  # type: ignore[list-item]
        files.append(taken)
    assert found[0] == found[1], "another form in other pieces"
    described = [part for part in found[0] if isinstance(part, multipart.File)]
    for part, one, other in zip(described, *files, strict=False):
        assert one == other, "other bytes of a file in other pieces"
        assert (len(one), hashlib.sha256(one).digest()) == (part.size, part.sha256), "another file than it was told of"
        assert bytes(one) in data, "a file that is not there"


_CHANNELS = load()


def channels(data: bytes) -> None:
    """A channel file if it begins with a brace, else the posted form of every channel."""
    if data[:1] == b"{":
        with tempfile.TemporaryDirectory() as folder, contextlib.suppress(ChannelError):
            Path(folder, "other.toml").write_bytes(data[1:])
            load(Path(folder))
        return
    fields: dict[str, list[str]] = {}
    for name, value in parse_qsl(data.decode("utf-8", "replace"), keep_blank_values=True):
        fields.setdefault(name, []).append(report.clean_text(value))
    for channel in _CHANNELS.values():
        form = read_form(channel, fields)
        if not form.problems:
            check_answers(channel, form.answers)


_ADJUSTMENTS = Adjustments(max_request_body_size=2**62, max_request_header_size=2_000)
_BOUNDS = Bounds(spool=Path("/nonexistent"), submission_bytes=4_000)


def requests(data: bytes) -> None:
    """What a connection sends: however it is cut, the same requests come out of it."""
    assert _requests([data]) == _requests(list(_cut(data))), "other requests in other pieces"


def _requests(pieces: list[bytes]) -> list[tuple[object, ...]]:
    budget = Budget(10**6)
    found: list[tuple[object, ...]] = []
    parser = Parser(_ADJUSTMENTS, _BOUNDS, budget, lambda content_type: None)
    for piece in pieces:
        while piece:
            piece = piece[parser.received(piece) :]
            if not parser.completed:
                continue
            error = parser.error and int(parser.error.code)
            if not parser.empty:
                has_body = error is None and parser.body is not None
                found.append((parser.command, parser.path, error, parser.get_body_stream().read() if has_body else b""))
            parser.close()
            if error:
                return found
            parser = Parser(_ADJUSTMENTS, _BOUNDS, budget, lambda content_type: None)
    parser.close()
    assert budget.taken == 0
    return found


def planted(data: bytes) -> None:
    """No format: a fault that only a search finds, to show that the search does."""
    if data[:3] == b"bug":
        raise FormatError("found")


TARGETS: dict[str, Target] = {
    "age": age,
    "bundle": bundles,
    "channels": channels,
    "multipart": forms,
    "parcel": parcels,
    "receipt": receipts,
    "report": reports,
    "request": requests,
}
