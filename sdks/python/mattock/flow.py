"""Flow control: what runs at once, how often, and where."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from ._contracts import workflow_pb2 as pb
from .duration import Duration, to_seconds

Strategy = Literal[
    "GROUP_ROUND_ROBIN",
    "CANCEL_IN_PROGRESS",
    "CANCEL_NEWEST",
    "CANCEL_QUEUED_EXCEPT_NEWEST",
    "CANCEL_QUEUED_EXCEPT_OLDEST",
]


@dataclass(frozen=True)
class Idempotency:
    """Of the runs with one key, one is started; the others are refused with a `TriggerError`.

    Attributes:
        key_expression: CEL that gives the key, a string, from `input` and `additional_metadata`. Keys are unique in
            the whole tenant: begin them with what they are about.
        ttl: for how long after the start of the one.
        until_end: only until that one has ended, and no longer than `ttl`.
    """

    key_expression: str
    ttl: Duration
    until_end: bool = False


@dataclass(frozen=True)
class QueueLimit:
    """How many runs of a workflow may wait for their start.

    Attributes:
        max_queued: how many at most.
        when_full: what becomes of one more: "reject": it is refused, with a `TriggerError` of code 8
            (RESOURCE_EXHAUSTED); "drop_oldest": the oldest is cancelled for it.
    """

    max_queued: int
    when_full: Literal["reject", "drop_oldest"] = "reject"


@dataclass(frozen=True)
class Debounce:
    """Of runs with one key that come in quick succession, the last one is started; the others are cancelled.

    Attributes:
        key_expression: CEL that gives the key, a string, from `input` and `additional_metadata`.
        delay: how long after the last one.
        max_wait: how long after the first one at most; None for no such limit.
    """

    key_expression: str
    delay: Duration
    max_wait: Duration | None = None


@dataclass(frozen=True)
class RoundRobin:
    """An order of a queue: keys take turns, and within a key the first comes first.

    Attributes:
        key_expression: CEL that gives the key, a string, from `input` and `additional_metadata`: `"input.customer"`.
    """

    key_expression: str


Sticky = Literal["SOFT", "HARD"]
Comparison = Literal["==", "!=", ">", ">=", "<", "<="]
# A pace is kept over windows of about this length, or of one start.
_PACE_SECONDS = 0.5
_UNLIMITED = 2**31 - 1
_COMPARISONS = ("==", "!=", ">", ">=", "<", "<=")


@dataclass(frozen=True)
class Concurrency:
    """A limit of what runs at once, for each value of an expression.

    Attributes:
        expression: CEL that gives the key, a string, from `input`, `additional_metadata`, `workflow_run_id` and
            `parents` (outputs of a task's parents, by name): `"input.customer_id"`. A constant, `"'all'"`, limits all
            runs together.
        max_runs: how many with one key may run at once; or CEL that gives it, the newest run's value holding.
        strategy: what becomes of those above it. "GROUP_ROUND_ROBIN": they queue, and keys take turns.
            "CANCEL_IN_PROGRESS": the oldest are cancelled. "CANCEL_NEWEST": the one that comes is cancelled.
            "CANCEL_QUEUED_EXCEPT_NEWEST" and "…_OLDEST": of those that are queued, one stays.
        name: shares the limit with all workflows and tasks that declare one of this name.
    """

    expression: str
    max_runs: int | str = 1
    strategy: Strategy = "GROUP_ROUND_ROBIN"
    name: str = ""


@dataclass(frozen=True)
class RateLimit:
    """Units of a rate limit that a task uses up when it starts; it waits in its queue until they are there.

    Attributes:
        key: name of a limit that was put on the server before; "" with `dynamic_key`.
        dynamic_key: CEL that gives the key, a string: `"'calls-' + input.customer_id"`.
        units: how many, or CEL that gives it.
        limit: for a key that nobody has put: units a window, or CEL that gives it.
        window: length of a window; seconds, a timedelta, or text such as "1m".
    """

    key: str = ""
    dynamic_key: str = ""
    units: int | str = 1
    limit: int | str | None = None
    window: Duration = 60.0


@dataclass(frozen=True)
class DesiredLabel:
    """A label that a task desires of its worker.

    Attributes:
        key: the label's name.
        value: what it is compared with.
        comparison: how; only numbers have an order.
        required: other workers get nothing; otherwise a worker that has it is preferred.
        weight: how much it counts among several that are not required.
    """

    key: str
    value: str | int
    comparison: Comparison = "=="
    required: bool = False
    weight: int = 100


Limits = int | Concurrency | Sequence[Concurrency]


def concurrency_messages(limits: Limits) -> list[pb.Concurrency]:
    """Limits as the server wants them told; a number limits all runs together."""
    if isinstance(limits, int):
        limits = Concurrency("'all'", limits)
    return [_concurrency(limit) for limit in ([limits] if isinstance(limits, Concurrency) else limits)]


def turn_message(order: RoundRobin) -> pb.Concurrency:
    """Keys that take turns, with no limit of how many run: each is a queue of its own."""
    strategy = "CONCURRENCY_STRATEGY_GROUP_ROUND_ROBIN"
    return pb.Concurrency(expression=order.key_expression, max_runs=_UNLIMITED, strategy=strategy)


def pace_message(workflow: str, pace: float) -> pb.RateLimit:
    """So many starts a second, spread evenly.

    Raises:
        ValueError: it is not a positive number.
    """
    if not pace > 0:
        raise ValueError(f"pace: expected more than 0 a second, got {pace!r}")
    key = "pace/" + workflow.replace("\\", "").replace("'", "")
    units = math.ceil(pace * _PACE_SECONDS)
    return pb.RateLimit(key_expression=f"'{key}'", units=1, limit_expression=str(units), window=units / pace)


def queue_limit_message(limit: QueueLimit | None) -> pb.QueueLimit | None:
    """A limit as the server wants it told.

    Raises:
        ValueError: an unknown policy.
    """
    if limit is None:
        return None
    if limit.when_full not in ("reject", "drop_oldest"):
        raise ValueError(f"QueueLimit.when_full: expected reject or drop_oldest, got {limit.when_full!r}")
    return pb.QueueLimit(max_queued=limit.max_queued, drop_oldest=limit.when_full == "drop_oldest")


def debounce_message(found: Debounce | None) -> pb.Debounce | None:
    """The same of a `Debounce`."""
    if found is None:
        return None
    longest = 0.0 if found.max_wait is None else to_seconds(found.max_wait, "Debounce.max_wait")
    delay = to_seconds(found.delay, "Debounce.delay")
    return pb.Debounce(expression=found.key_expression, delay=delay, max_wait=longest)


def _concurrency(limit: Concurrency) -> pb.Concurrency:
    strategy = f"CONCURRENCY_STRATEGY_{limit.strategy}"
    found = pb.Concurrency(expression=limit.expression, name=limit.name, strategy=strategy)
    if isinstance(limit.max_runs, str):
        found.max_runs_expression = limit.max_runs
    elif limit.max_runs < 1:
        raise ValueError(f"max_runs: expected 1 or more, got {limit.max_runs}")
    else:
        found.max_runs = limit.max_runs
    return found


def rate_messages(limits: Iterable[RateLimit]) -> list[pb.RateLimit]:
    """Rate limits as the server wants them told."""
    return [_rate(limit) for limit in limits]


def _rate(limit: RateLimit) -> pb.RateLimit:
    found = pb.RateLimit(
        key=limit.key, key_expression=limit.dynamic_key, window=to_seconds(limit.window, "rate_limits.window")
    )
    if isinstance(limit.units, str):
        found.units_expression = limit.units
    else:
        found.units = limit.units
    if limit.limit is not None:
        found.limit_expression = str(limit.limit)
    return found


def label_messages(labels: Iterable[DesiredLabel]) -> list[pb.DesiredLabel]:
    """Desired labels as the server wants them told."""
    return [_label(label) for label in labels]


def _label(label: DesiredLabel) -> pb.DesiredLabel:
    if label.comparison not in _COMPARISONS:
        raise ValueError(f"comparison: expected one of {' '.join(_COMPARISONS)}, got {label.comparison!r}")
    comparator = pb.Comparator.Name(_COMPARISONS.index(label.comparison))
    found = pb.DesiredLabel(key=label.key, comparator=comparator, required=label.required, weight=label.weight)
    if isinstance(label.value, str):
        found.text = label.value
    else:
        found.number = label.value
    return found
