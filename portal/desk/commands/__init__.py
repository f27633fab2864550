"""What each command of `desk` does and prints; one module a concern, each with `add`."""

from portal.desk.commands import answering, completing, demo, exchange, making, opening, reading, referring, statistics

MODULES = (making, opening, exchange, reading, answering, referring, statistics, demo, completing)
"""In the order in which `desk --help` shows their commands."""
