"""Durations as the shared contract writes them: `1m30s`, `250ms`, `0.5h`."""

from __future__ import annotations

import re

from .error import invalid

_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_WHOLE = re.compile(rf"(?:{_PART.pattern})+\Z")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_duration(field: str, text: str) -> float:
    """Seconds of a duration.

    Args:
        field: named in the refusal.
        text: one or more `<number><unit>`, units ms, s, m, h.

    Raises:
        Refused: INVALID_ARGUMENT, for anything else.
    """
    if not _WHOLE.match(text):
        raise invalid(field, f"{text!r} is no duration; expected numbers with units ms, s, m or h, such as '1m30s'")
    return sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
