"""What each command of `portal` does and prints; one module a concern, each with `add`."""

from portal.commands import examining, exchanging, keeping, making, rostering, serving, waiting

MODULES = (making, serving, waiting, exchanging, keeping, rostering, examining)
"""In the order in which `portal --help` shows their commands."""
