"""What each command of `desk` does and prints; one module a concern, each with `add`."""

from portal.desk.commands import (
    adding,
    answering,
    backing_up,
    completing,
    custody,
    demo,
    exchange,
    making,
    opening,
    organising,
    people,
    reading,
    referring,
    retaining,
    settings,
    statistics,
    templates,
    transferring,
)

MODULES = (
    making,
    opening,
    exchange,
    adding,
    reading,
    organising,
    answering,
    templates,
    transferring,
    referring,
    statistics,
    custody,
    retaining,
    backing_up,
    people,
    settings,
    demo,
    completing,
)
"""In the order in which `desk --help` shows their commands."""
