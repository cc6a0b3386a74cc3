"""What a task may tell of itself: the rules, which the server checks too."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

MAX_LABELS = 5
MAX_LABEL_VALUE = 100
# What a sum of parts may miss 1 by.
_ROUNDING = 1e-9
_name = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}").fullmatch


def check_fraction(fraction: float) -> float:
    """A fraction from 0 to 1; what rounding has added is taken away.

    Raises:
        ValueError: it is out of range, or no number.
    """
    if not isinstance(fraction, (int, float)) or not -_ROUNDING <= fraction <= 1 + _ROUNDING:
        raise ValueError(f"fraction: expected a number from 0 to 1, got {fraction!r}")
    return min(1.0, max(0.0, float(fraction)))


def check_metric(name: str, value: float, labels: Mapping[str, str]) -> float:
    """The value as a float.

    Raises:
        ValueError: the name, the value or a label is not as it should be.
    """
    if not isinstance(name, str) or not _name(name):
        raise ValueError(f"name: expected a letter, then up to 63 letters, digits, '.', '_' or '-'; got {name!r}")
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"value: expected a finite number, got {value!r}")
    if len(labels) > MAX_LABELS:
        raise ValueError(f"labels: expected up to {MAX_LABELS}, got {len(labels)}")
    for label, text in labels.items():
        if not isinstance(text, str) or len(text) > MAX_LABEL_VALUE:
            raise ValueError(f"labels: {label}: expected text of up to {MAX_LABEL_VALUE} characters, got {text!r:.120}")
    return float(value)
