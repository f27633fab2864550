"""The one error of this package."""


class KitError(Exception):
    """There is no kit; the message says why, and what to do."""
