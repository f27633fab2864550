"""What the tests of the keeper share: an onion service with a fake tor, and how its keeper is watched."""

from collections.abc import Callable

from tests.tor.fake_tor import WAIT_S
from tor import OnionKeeper, OnionKey, TorError

KEY = OnionKey.from_seed(bytes(32))
LABEL = KEY.address.removesuffix(".onion")
UPLOADED = f"HS_DESC UPLOADED {LABEL} UNKNOWN $AB~relay"
REJECTED = f"HS_DESC FAILED {LABEL} UNKNOWN $AB~relay desc REASON=UPLOAD_REJECTED"
GRANTED = b"\x05\x02" + b"\x01\x00" + b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"
CROWDED = b"\x05\x02" + b"\x01\x00" + b"\x05\x06\x00\x01\x00\x00\x00\x00\x00\x00"
UNREACHED = b"\x05\x02" + b"\x01\x00" + b"\x05\xf0\x00\x01\x00\x00\x00\x00\x00\x00"

Start = Callable[..., OnionKeeper]


def problem_of(keeper: OnionKeeper, kind: type[TorError]) -> str:
    """What the keeper says is wrong, once it is wrong in this way."""
    state = keeper.wait(lambda state: isinstance(state.problem, kind), WAIT_S)
    assert isinstance(state.problem, kind), state
    return str(state.problem)
