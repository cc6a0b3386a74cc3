"""Conditions of tasks: what they wait for, and what skips or cancels them.

Conditions of one action that share a group are or-ed; groups are and-ed. An action holds when it has a group and each
of its groups has a condition that is satisfied. Skipping goes before cancelling, and that before queueing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .definition import ConditionDefinition
from .expression import ExpressionError, compiled, data_of
from .status import Action

# In this order: the first action that holds is taken.
_PRECEDENCE = (Action.SKIP, Action.CANCEL, Action.QUEUE)


def decide(conditions: Sequence[ConditionDefinition], satisfied: Iterable[int]) -> Action | None:
    """The action that holds, None if none does yet.

    Args:
        conditions: of one task.
        satisfied: places of those that are satisfied.
    """
    met = set(satisfied)
    for action in _PRECEDENCE:
        groups: dict[int, bool] = {}
        for index, condition in enumerate(conditions):
            if condition.action == action:
                groups[condition.group] = groups.get(condition.group, False) or index in met
        if groups and all(groups.values()):
            return action
    return None


def waits_to_queue(conditions: Sequence[ConditionDefinition]) -> bool:
    """True if a condition must be satisfied before the task may be queued."""
    return any(condition.action == Action.QUEUE for condition in conditions)


def can_change(conditions: Sequence[ConditionDefinition], satisfied: Iterable[int]) -> bool:
    """True if a sleep or an event may satisfy more of them."""
    met = set(satisfied)
    return any((c.sleep_text or c.event_key) and index not in met for index, c in enumerate(conditions))


def parent_holds(condition: ConditionDefinition, output: str) -> bool:
    """Whether a condition on a parent's output is satisfied; one that cannot be evaluated is not."""
    return _holds(condition.expression, {"output": data_of(output or "{}"), "input": data_of(output or "{}")})


def looks_back(conditions: Sequence[ConditionDefinition], satisfied: Iterable[int]) -> bool:
    """True if an event of the past may satisfy more of them."""
    met = set(satisfied)
    return any((c.since or c.look_back) and index not in met for index, c in enumerate(conditions))


def since_when(condition: ConditionDefinition, waiting_since: float) -> float:
    """From when on events of the past count for a task that waits since a time; 0 if none do."""
    return max(1.0, waiting_since - condition.look_back) if condition.look_back else condition.since


def event_holds(condition: ConditionDefinition, key: str, scope: str, payload: str) -> bool:
    """Whether an event satisfies a condition."""
    if condition.event_key != key or (condition.scope and condition.scope != scope):
        return False
    return _holds(condition.expression, {"input": data_of(payload), "output": {}})


def _holds(expression: str, variables: dict[str, object]) -> bool:
    if not expression:
        return True
    try:
        return compiled(expression).truth_value(variables)
    except ExpressionError:
        return False


def data_text(condition: ConditionDefinition, payload: str) -> str:
    """What a task is told of a condition that was satisfied: JSON text."""
    return f'{{"sleep_duration":"{condition.sleep_text}"}}' if condition.sleep_text else payload or "{}"
