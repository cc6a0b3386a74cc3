"""Which workers a task may go to, and which it prefers: sticky workflows and desired labels."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import msgspec

from .definition import LabelDefinition
from .status import Comparator, Sticky
from .worker import Worker

_COMPARE: dict[Comparator, Callable[[Any, Any], bool]] = {
    Comparator.EQUAL: operator.eq,
    Comparator.NOT_EQUAL: operator.ne,
    Comparator.GREATER_THAN: operator.gt,
    Comparator.GREATER_THAN_OR_EQUAL: operator.ge,
    Comparator.LESS_THAN: operator.lt,
    Comparator.LESS_THAN_OR_EQUAL: operator.le,
}


class Choice(msgspec.Struct, frozen=True, array_like=True):
    """What a task asks of its worker. A sticky one asks for one worker, and passes its labels over.

    Attributes:
        sticky: whether `worker_id` is preferred or required.
        worker_id: the worker, "" for none.
        labels: labels, each preferred or required.
    """

    sticky: Sticky = Sticky.NONE
    worker_id: str = ""
    labels: tuple[LabelDefinition, ...] = ()

    def allows(self, worker: Worker) -> bool:
        """True if the task may go to this worker."""
        if self.sticky == Sticky.HARD and self.worker_id:
            return worker.worker_id == self.worker_id
        return all(_met(label, worker) for label in self.labels if label.required)

    def rank(self, worker: Worker) -> int:
        """How much it is preferred: the higher, the more."""
        if self.worker_id and worker.worker_id == self.worker_id:
            return 1
        return sum(label.weight for label in self.labels if _met(label, worker))


def choice_of(
    sticky: Sticky, worker_id: str, labels: tuple[LabelDefinition, ...], own: tuple[LabelDefinition, ...]
) -> Choice | None:
    """What a task asks for, None if nothing.

    Args:
        sticky: of its workflow.
        worker_id: that its run has begun on, or was sent to.
        labels: that its definition desires.
        own: that this run desires; they replace those of the same key.
    """
    if sticky != Sticky.NONE:
        return Choice(sticky, worker_id) if worker_id else None
    if not (labels or own):
        return None
    merged = {label.key: label for label in (*labels, *own)}
    return Choice(labels=tuple(merged.values()))


def _met(label: LabelDefinition, worker: Worker) -> bool:
    value = worker.row.labels.get(label.key)
    if value is None:
        return False
    if isinstance(value, str) != isinstance(label.value, str):
        return False
    return _COMPARE[label.comparator](value, label.value)
