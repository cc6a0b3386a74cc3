"""Conditions of tasks in the shared contract."""

from __future__ import annotations

from typing import Any

from ...core.definition import ConditionDefinition
from ...core.duration import parse_duration
from ...core.error import invalid
from ...core.status import Action
from ...core.submission import is_uuid

_NIL = "00000000-0000-0000-0000-000000000000"


def waits_of(at: str, message: Any) -> tuple[ConditionDefinition, ...]:
    """What a durable task waits for."""
    groups: dict[tuple[int, str], int] = {}
    found = []
    for index, each in enumerate(message.sleep_conditions):
        found.append(_sleep(f"{at}.sleep_conditions[{index}]", each, groups, Action.QUEUE))
    for index, each in enumerate(message.user_event_conditions):
        found.append(_event(f"{at}.user_event_conditions[{index}]", each, groups, Action.QUEUE))
    if not found:
        raise invalid(at, "is empty; expected at least one condition")
    return tuple(found)


def conditions_of(at: str, message: Any) -> tuple[ConditionDefinition, ...]:
    """A task's conditions. Groups are numbered: the contract's ids of them are new at each registration."""
    groups: dict[tuple[int, str], int] = {}
    found = []
    for index, each in enumerate(message.parent_override_conditions):
        here = f"{at}.parent_override_conditions[{index}]"
        found.append(ConditionDefinition(**_base(here, each.base, groups, None), parent=each.parent_readable_id))
    for index, each in enumerate(message.sleep_conditions):
        found.append(_sleep(f"{at}.sleep_conditions[{index}]", each, groups))
    for index, each in enumerate(message.user_event_conditions):
        found.append(_event(f"{at}.user_event_conditions[{index}]", each, groups))
    return tuple(found)


Groups = dict[tuple[int, str], int]


def _sleep(at: str, message: Any, groups: Groups, action: Action | None = None) -> ConditionDefinition:
    seconds = parse_duration(f"{at}.sleep_for", message.sleep_for)
    return ConditionDefinition(**_base(at, message.base, groups, action), seconds=seconds, sleep_text=message.sleep_for)


def _event(at: str, message: Any, groups: Groups, action: Action | None = None) -> ConditionDefinition:
    if not message.user_event_key:
        raise invalid(f"{at}.user_event_key", "is empty; expected a key")
    since = message.consider_events_since.ToMicroseconds() / 1e6 if message.HasField("consider_events_since") else 0.0
    if since and not message.event_scope:
        raise invalid(f"{at}.event_scope", "is empty; expected a scope with consider_events_since")
    base = _base(at, message.base, groups, action)
    return ConditionDefinition(**base, event_key=message.user_event_key, scope=message.event_scope, since=since)


def _base(at: str, base: Any, groups: Groups, action: Action | None) -> dict[str, Any]:
    """What all conditions have; `action` is None if the condition says it itself."""
    try:
        action = action or Action(base.action)
    except ValueError as error:
        raise invalid(
            f"{at}.action", f"{base.action} is unknown here; expected 1 (queue), 2 (cancel) or 3 (skip)"
        ) from error
    group = base.or_group_id
    if group and not is_uuid(group.lower()):
        raise invalid(f"{at}.or_group_id", f"{group[:60]!r} is no UUID")
    # Without an id, or with the nil one, a condition is a group of its own.
    name = (int(action), group) if group and group != _NIL else (int(action), f"#{len(groups)}")
    number = groups.setdefault(name, len(groups))
    return {"action": action, "key": base.readable_data_key, "group": number, "expression": base.expression}
