"""The corpus of hostile requests against `portal serve` as it is deployed: tests/attacked."""

import tempfile
from pathlib import Path

from portal import limits
from tests.attacked.campaign import at_once, file_one, one_by_one
from tests.attacked.corpus import GROUPS, SLOW
from tests.attacked.world import Deployed
from tests.e2e.parts import serving
from tests.proofs import Outcome

CLAIM = (
    "No request gets a 5xx, a page that is not one of ours, a word of its own unescaped or a line in the log; none "
    "hangs over its bound; and reports are still taken."
)
_SHOWN = 3


def prove() -> Outcome:
    """Send all of it; the slow ones with the time that people have."""
    patience = limits.STALL_SECONDS + limits.CLEANUP_SECONDS + limits.SLOW_BODY_SECONDS
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder), "--no-tor") as portal:
        target = Deployed(portal)
        found = [
            problem for attacks in GROUPS.values() for problem in [*one_by_one(target, attacks), *file_one(target)]
        ]
        found += at_once(target, SLOW, patience)
    count = sum(len(attacks) for attacks in GROUPS.values()) + len(SLOW)
    result = f"{count} requests in {len(GROUPS) + 1} groups, {len(found)} faults."
    return Outcome(not found, " ".join([result, *found[:_SHOWN]]))
