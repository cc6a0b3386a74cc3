"""Conditions of tasks in the shared contract."""

from __future__ import annotations

from typing import Any

from ...core.definition import ConditionDefinition
from ...core.duration import parse_duration
from ...core.error import Code, Refused, invalid
from ...core.status import Action
from ...core.submission import is_uuid

_NIL = "00000000-0000-0000-0000-000000000000"


def conditions_of(at: str, message: Any) -> tuple[ConditionDefinition, ...]:
    """A task's conditions. Groups are numbered: the contract's ids of them are new at each registration."""
    groups: dict[tuple[int, str], int] = {}
    found = []
    for index, each in enumerate(message.parent_override_conditions):
        here = f"{at}.parent_override_conditions[{index}]"
        found.append(ConditionDefinition(**_base(here, each.base, groups), parent=each.parent_readable_id))
    for index, each in enumerate(message.sleep_conditions):
        here = f"{at}.sleep_conditions[{index}]"
        seconds = parse_duration(f"{here}.sleep_for", each.sleep_for)
        base = _base(here, each.base, groups)
        found.append(ConditionDefinition(**base, seconds=seconds, sleep_text=each.sleep_for))
    for index, each in enumerate(message.user_event_conditions):
        here = f"{at}.user_event_conditions[{index}]"
        if not each.user_event_key:
            raise invalid(f"{here}.user_event_key", "is empty; expected a key")
        if each.HasField("consider_events_since"):
            field = f"{here}.consider_events_since"
            raise Refused(Code.UNIMPLEMENTED, f"{field}: not supported for tasks of a workflow", field)
        base = _base(here, each.base, groups)
        found.append(ConditionDefinition(**base, event_key=each.user_event_key, scope=each.event_scope))
    return tuple(found)


def _base(at: str, base: Any, groups: dict[tuple[int, str], int]) -> dict[str, Any]:
    try:
        action = Action(base.action)
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
