"""Times as the page shows them."""

from datetime import UTC, datetime


def clock_time(milliseconds: float) -> str:
    """The time of day in UTC."""
    return _utc(milliseconds).strftime("%H:%M:%S")


def full_time(milliseconds: float) -> str:
    """The date and the time in UTC."""
    return _utc(milliseconds).strftime("%Y-%m-%d %H:%M:%S UTC")


def _utc(milliseconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        # A test's clock may show any number.
        return datetime.fromtimestamp(0, UTC)
