"""Durations as users write them."""

from __future__ import annotations

import re
from datetime import timedelta

Duration = timedelta | float | int | str
"""A length of time: seconds, a timedelta, or text such as "250ms", "30s", "1m30s", "1.5h" or "7d"."""

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


def to_seconds(value: Duration, name: str) -> float:
    """A duration in seconds.

    Args:
        value: the duration.
        name: what it is called, for the error.

    Raises:
        ValueError: it is none, or negative.
    """
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
    elif isinstance(value, str):
        if not _WHOLE.fullmatch(value):
            raise ValueError(f"{name}: {value!r} is not a duration; write it like '30s', '1m30s', '250ms' or '7d'")
        seconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(value))
    else:
        seconds = float(value)
    if not seconds >= 0:
        raise ValueError(f"{name}: must not be negative")
    return seconds
