"""A clock that tests hold still."""

from datetime import UTC, datetime, timedelta


class Clock:
    """Called, it gives the same moment until `forward`."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 25, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **amount: float) -> None:
        """Go on by an amount as `timedelta` takes it."""
        self.now += timedelta(**amount)
