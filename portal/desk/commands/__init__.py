"""What each command of `desk` does and prints; one module a concern, each with `add`."""

from portal.desk.commands import (
    answering,
    completing,
    custody,
    demo,
    exchange,
    making,
    opening,
    reading,
    referring,
    retaining,
    statistics,
)

MODULES = (making, opening, exchange, reading, answering, referring, statistics, custody, retaining, demo, completing)
"""In the order in which `desk --help` shows their commands."""
