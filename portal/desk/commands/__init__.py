"""What each command of `desk` does and prints; one module a concern, each with `add`."""

from portal.desk.commands import answering, exchange, making, reading

MODULES = (making, exchange, reading, answering)
"""In the order in which `desk --help` shows their commands."""
