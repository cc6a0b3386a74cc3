"""Flow control as mattock.v1 tells it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...contracts.mattock import workflow_pb2 as pb
from ...core.definition import ConcurrencyDefinition, LabelDefinition, RateDefinition
from ...core.error import invalid
from ...core.status import Comparator, Sticky, Strategy

_STRATEGIES = {
    pb.CONCURRENCY_STRATEGY_GROUP_ROUND_ROBIN: Strategy.GROUP_ROUND_ROBIN,
    pb.CONCURRENCY_STRATEGY_CANCEL_IN_PROGRESS: Strategy.CANCEL_IN_PROGRESS,
    pb.CONCURRENCY_STRATEGY_CANCEL_NEWEST: Strategy.CANCEL_NEWEST,
    pb.CONCURRENCY_STRATEGY_CANCEL_QUEUED_EXCEPT_NEWEST: Strategy.CANCEL_QUEUED_EXCEPT_NEWEST,
    pb.CONCURRENCY_STRATEGY_CANCEL_QUEUED_EXCEPT_OLDEST: Strategy.CANCEL_QUEUED_EXCEPT_OLDEST,
}


def concurrency_of(field: str, messages: Iterable[pb.Concurrency]) -> tuple[ConcurrencyDefinition, ...]:
    """Limits of what runs at once."""
    found = []
    for index, message in enumerate(messages):
        strategy = _STRATEGIES.get(message.strategy)
        if strategy is None:
            raise invalid(f"{field}[{index}].strategy", f"{message.strategy} is unknown; expected 0 to 4")
        expression = message.max_runs_expression
        found.append(
            ConcurrencyDefinition(message.expression, message.max_runs or 1, strategy, expression, message.name)
        )
    return tuple(found)


def rates_of(messages: Iterable[pb.RateLimit]) -> tuple[RateDefinition, ...]:
    """Rate limits that a task uses."""
    return tuple(
        RateDefinition(
            key=message.key,
            key_expression=message.key_expression,
            units=message.units if message.HasField("units") else 1,
            units_expression=message.units_expression,
            limit_expression=message.limit_expression,
            window=message.window,
        )
        for message in messages
    )


def labels_of(field: str, messages: Iterable[pb.DesiredLabel]) -> tuple[LabelDefinition, ...]:
    """Labels that a task desires of its worker."""
    return tuple(_label(f"{field}[{message.key}]", message) for message in messages)


def _label(at: str, message: Any) -> LabelDefinition:
    kind = message.WhichOneof("value")
    if kind is None:
        raise invalid(at, "expected a value")
    try:
        comparator = Comparator(message.comparator)
    except ValueError as error:
        raise invalid(f"{at}.comparator", f"{message.comparator} is unknown; expected 0 to 5") from error
    weight = message.weight if message.HasField("weight") else 100
    return LabelDefinition(message.key, getattr(message, kind), comparator, message.required, weight)


def sticky_of(number: int) -> Sticky:
    """Whether the tasks of a run stay together."""
    try:
        return Sticky(number)
    except ValueError as error:
        raise invalid("sticky", f"{number} is unknown; expected 0 (none), 1 (soft) or 2 (hard)") from error
