"""The keys folder is emptied while the portal serves: reports are sealed as before, and the operator is told once."""

from tests.baddays.conftest import Strained
from tests.baddays.filing import check_it_is_taken_now, filing


def test_emptied_and_back(portal: Strained) -> None:
    kept = {path: path.read_bytes() for path in portal.keys.iterdir()}
    said = len(portal.said())
    for path in kept:
        path.unlink()
    try:
        for _ in range(2):
            check_it_is_taken_now(filing(portal.url))
        assert portal.said(said).count("The new keys are not used, the old ones stay: ") == 1
        assert "ecpat.recipients is missing: copy it from the folder `public`" in portal.said(said)
    finally:
        for path, data in kept.items():
            path.write_bytes(data)
    check_it_is_taken_now(filing(portal.url))
    portal.exchange("ecpat")
    assert len(portal.desks["ecpat"].cases()) >= 3
