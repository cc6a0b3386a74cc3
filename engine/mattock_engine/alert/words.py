"""Times and spans in words."""

from __future__ import annotations

from datetime import UTC, datetime


def span(seconds: float) -> str:
    """A span of time, such as `5 min`."""
    for divisor, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= divisor:
            amount = seconds / divisor
            return f"{amount:.0f} {unit}" if amount >= 10 or amount == int(amount) else f"{amount:.1f} {unit}"
    return f"{seconds:.0f} s"


def moment(seconds: float) -> str:
    """A time, to the second, in UTC."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
