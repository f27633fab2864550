"""What each command of `desk` does and prints; one module a concern, each with `add`."""

from portal.desk.commands import answering, completing, exchange, making, opening, reading

MODULES = (making, opening, exchange, reading, answering, completing)
"""In the order in which `desk --help` shows their commands."""
