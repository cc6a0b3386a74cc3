"""Conditions between the tasks of a workflow: what a task waits for, and what skips or cancels it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ._contracts import workflow_pb2 as pb
from .duration import Duration, to_seconds

if TYPE_CHECKING:
    from .declaration import Task


@dataclass(frozen=True)
class ParentCondition:
    """A condition on a parent's output.

    Attributes:
        parent: the task; it is waited for, whether it is among `parents` or not.
        expression: CEL over `output`: `"output.total > 100"`; "" is true.
        key: names its data for the task (`ctx.trigger_data`); by default the parent's name.
    """

    parent: Task[Any, Any]
    expression: str = ""
    key: str = ""


@dataclass(frozen=True)
class SleepCondition:
    """A length of time, from the end of the parents on.

    Attributes:
        duration: how long, a `timedelta`, seconds, or text such as "10m".
        key: names its data for the task.
    """

    duration: Duration
    key: str = "sleep"


@dataclass(frozen=True)
class UserEventCondition:
    """An event, from the end of the parents on.

    Attributes:
        event_key: its key.
        expression: CEL over `input`, the event's payload; "" is true.
        scope: equal to the event's; "" for any.
        key: names its data (the payload) for the task; by default the event's key.
        lookback_window: an event that came so long before the wait began counts, too: a `timedelta`, seconds, or text
            such as "10m". By default those to come.
    """

    event_key: str
    expression: str = ""
    scope: str = ""
    key: str = ""
    lookback_window: Duration | None = None


Condition = ParentCondition | SleepCondition | UserEventCondition


@dataclass(frozen=True)
class OrGroup:
    """Conditions of which one is enough; made by `or_`."""

    conditions: tuple[Condition, ...]


Conditions = Sequence[Condition | OrGroup]


def or_(*conditions: Condition) -> OrGroup:
    """Conditions of which one is enough.

    Args:
        conditions: two or more.

    Returns:
        A group, to be given as one condition.
    """
    return OrGroup(conditions)


def condition_messages(
    wait_for: Conditions, skip_if: Conditions, cancel_if: Conditions, qualify: Callable[[str], str]
) -> list[pb.Condition]:
    """Conditions as the server wants them told; `qualify` puts the namespace before an event's key."""
    kinds = (("QUEUE", wait_for), ("SKIP", skip_if), ("CANCEL", cancel_if))
    return [message for kind, conditions in kinds for message in _messages(kind, conditions, qualify)]


def _messages(kind: str, conditions: Conditions, qualify: Callable[[str], str]) -> Iterator[pb.Condition]:
    for group, each in enumerate(conditions):
        for condition in each.conditions if isinstance(each, OrGroup) else (each,):
            yield _message(pb.Condition(action=f"CONDITION_ACTION_{kind}", group=group), condition, qualify)


def _message(found: pb.Condition, condition: Condition, qualify: Callable[[str], str]) -> pb.Condition:
    if isinstance(condition, SleepCondition):
        found.sleep = to_seconds(condition.duration, "SleepCondition.duration")
        found.key = condition.key
        return found
    found.expression = condition.expression
    if isinstance(condition, ParentCondition):
        found.parent = condition.parent.name
        found.key = condition.key or condition.parent.name
    else:
        found.event_key = qualify(condition.event_key)
        found.scope = condition.scope
        found.key = condition.key or condition.event_key
        found.look_back = to_seconds(condition.lookback_window or 0, "UserEventCondition.lookback_window")
    return found
