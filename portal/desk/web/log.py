"""Parts of the chain of custody for a page, without reading all of it. Nothing is checked here: the proof does that."""

import msgspec

from portal.desk.casebook import Casebook
from portal.desk.custody import Entry, Record

_LOG = "SELECT entry, details FROM log LEFT JOIN log_details USING (number)"


def of_case(casebook: Casebook, case: int) -> list[Record]:
    """What was done with a case (its row), the newest first."""
    return _records(casebook.all(f"{_LOG} WHERE case_id = ? ORDER BY number DESC", case))


def newest(casebook: Casebook, count: int) -> list[Record]:
    """The last entries of the log, the newest first."""
    return _records(casebook.all(f"{_LOG} ORDER BY log.number DESC LIMIT ?", count))


def length(casebook: Casebook) -> int:
    """How many entries there are."""
    return int(casebook.one("SELECT coalesce(max(number), 0) FROM log")[0])


def _records(rows: list[tuple[bytes, str | None]]) -> list[Record]:
    return [
        Record(msgspec.json.decode(entry, type=Entry), None if details is None else msgspec.json.decode(details))
        for entry, details in rows
    ]
