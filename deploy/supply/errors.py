"""The one error of this package."""


class SupplyError(Exception):
    """Something of the supply is not as it must be; the message says what, and what to do."""
