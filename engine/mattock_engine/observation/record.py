"""How far a task is, and figures of its own: what they may hold."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

import msgspec

from ..core.error import invalid

MAX_TEXT = 500
MAX_NAME = 64
MAX_LABELS = 5
MAX_LABEL_VALUE = 100
MAX_VALUE = 1e300
_name = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}").fullmatch
_label = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}").fullmatch


class Progress(msgspec.Struct, frozen=True):
    """How far an attempt is.

    Attributes:
        fraction: 0 to 1.
        text: what it does now.
        at: when it told so, seconds since 1970.
    """

    task_id: str
    attempt: int
    fraction: float
    text: str
    at: float


class Sample(msgspec.Struct):
    """What a task has added to a figure of its workflow: some values, added up.

    Attributes:
        labels: pairs in the order of their names.
        low: the least of the values; high: the greatest.
        at: seconds since 1970; its minute counts.
    """

    task_id: str
    name: str
    labels: tuple[tuple[str, str], ...]
    total: float
    count: int
    low: float
    high: float
    at: float

    def add(self, other: Sample) -> None:
        """Takes another one's values in."""
        self.total += other.total
        self.count += other.count
        self.low = min(self.low, other.low)
        self.high = max(self.high, other.high)


Observation = Progress | Sample


def check_progress(task_id: str, attempt: int, fraction: float, text: str, at: float) -> Progress:
    """A progress that can be stored; its text is cut to 500 characters.

    Raises:
        Refused: INVALID_ARGUMENT naming the field.
    """
    if not 0 <= fraction <= 1:
        raise invalid("fraction", f"{fraction:g} is out of range; expected 0 to 1")
    return Progress(task_id, attempt, fraction, text[:MAX_TEXT].replace("\0", ""), at)


def check_sample(
    task_id: str, name: str, labels: Mapping[str, str], total: float, count: int, low: float, high: float, at: float
) -> Sample:
    """Values of a figure that can be stored.

    Raises:
        Refused: INVALID_ARGUMENT naming the field.
    """
    if not _name(name):
        raise invalid("name", f"{name[:80]!r}; expected a letter, then up to {MAX_NAME - 1} letters, digits, . _ -")
    if len(labels) > MAX_LABELS:
        raise invalid("labels", f"{len(labels)} of them; expected up to {MAX_LABELS}")
    for label, value in labels.items():
        if not _label(label):
            raise invalid("labels", f"{label[:60]!r}; expected a letter, then up to 39 letters, digits, _")
        if len(value) > MAX_LABEL_VALUE or "\0" in value:
            raise invalid("labels", f"{label}: {len(value)} characters; expected up to {MAX_LABEL_VALUE}, none a NUL")
    if count < 1:
        raise invalid("count", f"{count}; expected at least 1")
    for field, number in (("total", total), ("low", low), ("high", high)):
        if not math.isfinite(number) or abs(number) > MAX_VALUE:
            raise invalid(field, f"{number}; expected a finite number")
    return Sample(task_id, name, tuple(sorted(labels.items())), total, count, low, high, at)
