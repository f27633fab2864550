"""However the bytes of a connection are cut, the same requests come out of it."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from waitress.adjustments import Adjustments

from portal.serving.body import Body, Budget
from portal.serving.bounds import Bounds
from portal.serving.chunked import ChunkedReceiver
from portal.serving.parser import Parser
from tests.serving.world import chunks, get, post, request

BOUNDS = Bounds(spool=Path("/nonexistent"), submission_bytes=1000)
ADJUSTMENTS = Adjustments(max_request_body_size=2**62, max_request_header_size=2000)
CUTS = st.lists(st.integers(1, 60), max_size=40)


def cut(stream: bytes, cuts: list[int]) -> list[bytes]:
    pieces, at = [], 0
    for size in cuts:
        pieces.append(stream[at : at + size])
        at += size
    return [piece for piece in [*pieces, stream[at:]] if piece]


def requests(pieces: list[bytes]) -> list[tuple[object, ...]]:
    """What comes out: path, error and body of each request, until the first error."""
    found: list[tuple[object, ...]] = []
    budget = Budget(10**6)
    parser = Parser(ADJUSTMENTS, BOUNDS, budget, lambda content_type: None)
    for piece in pieces:
        while piece:
            piece = piece[parser.received(piece) :]
            if not parser.completed:
                continue
            if not parser.empty:
                error = parser.error and int(parser.error.code)
                body = parser.get_body_stream().read() if error is None else b""
                found.append((parser.path, error, body))
                if error:
                    parser.close()
                    return found
            parser.close()
            parser = Parser(ADJUSTMENTS, BOUNDS, budget, lambda content_type: None)
    found.append(("unfinished", parser.headers_finished, b""))
    parser.close()
    assert budget.taken == 0
    return found


ONE = st.one_of(
    st.just(get("/a")),
    st.just(b"\r\n"),
    st.binary(max_size=50).map(lambda body: post(body, path="/b")),
    st.tuples(st.binary(min_size=1, max_size=50), st.integers(1, 60)).map(
        lambda made: request("POST", "/c", "Transfer-Encoding: chunked", body=b"".join(chunks(*made)))
    ),
    st.just(post(bytes(1001), path="/large")),
    st.just(request("POST", "/bad", "Transfer-Encoding: chunked", body=b"5\r\nhellox\r\n")),
    st.just(get("/" + "x" * 3000)),
    st.binary(min_size=1, max_size=30),
)


@given(st.lists(ONE, max_size=5), CUTS)
@settings(max_examples=200, deadline=None)
def test_any_cut_gives_the_same_requests(parts: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(parts)
    whole = requests(cut(stream, []))
    assert requests(cut(stream, cuts)) == whole


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=8), CUTS, st.binary(max_size=10))
@settings(max_examples=200, deadline=None)
def test_chunks_give_their_content_and_not_a_byte_more(parts: list[bytes], cuts: list[int], behind: bytes) -> None:
    coded = b"".join(b"%X;x=y\r\n%b\r\n" % (len(part), part) for part in parts) + b"00\r\nT: u\r\n\r\n"
    body = Body(BOUNDS, Budget(0))
    receiver = ChunkedReceiver(body)
    taken = 0
    for piece in cut(coded + behind, cuts):
        taken += receiver.received(piece)
    assert receiver.completed
    assert taken == len(coded)
    assert body.getfile().read() == b"".join(parts)


@given(st.binary(max_size=200), CUTS)
@settings(max_examples=200, deadline=None)
def test_no_stream_of_bytes_breaks_the_receiver(stream: bytes, cuts: list[int]) -> None:
    receiver = ChunkedReceiver(Body(BOUNDS, Budget(0)))
    for piece in cut(stream, cuts):
        taken = receiver.received(piece)
        assert taken == len(piece) or receiver.completed or receiver.error
