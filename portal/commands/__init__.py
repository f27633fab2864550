"""What each command of `portal` does and prints; one module a concern, each with `add`."""

from portal.commands import exchanging, keeping, making, serving, waiting

MODULES = (making, serving, waiting, exchanging, keeping)
"""In the order in which `portal --help` shows their commands."""
