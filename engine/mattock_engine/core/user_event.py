"""User events: each starts the workflows that are registered for its key.

A workflow without filters starts one run. One with filters starts a run for each filter of the event's scope whose
expression is true; without a scope, none. The runs' ids follow from the event's, so that an event that is applied
again after a failed commit starts none twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b

import msgspec

from . import settling, trigger, wait
from .command import DropFilter, EventItem, Extra, FilterRow, PushEvents, PutFilter, TriggerItem
from .error import Code, Refused
from .expression import ExpressionError, Facts, data_of
from .filter import Candidate, FilterSet, declared_filters
from .record import UserEventRow
from .round import Round
from .run import Version
from .state import State
from .subscription import SIGNAL_PREFIX

EVENT_ID_KEY = "hatchet__event_id"
EVENT_KEY_KEY = "hatchet__event_key"


def push_events(state: State, command: PushEvents, now: float, round_: Round) -> list[str]:
    """Accepts events, and starts what they start. Returns their ids."""
    events = command.events if command.again else [_in_order(state, event) for event in command.events]
    for event in events:
        row = UserEventRow(event=event, at=time_of(event.event_id))
        round_.records.user_events.append(row)
        if not command.again or event.key in state.event_waits:
            wait.on_event(state, event, now, round_)
        if (event.key, "") in state.step_waits or (event.key, event.scope) in state.step_waits:
            settling.on_event(state, event, now, round_)
        if state.loads:
            state.recent_events.append((now, event))
        for version, run_id, filter_ in _starts(state, event, row):
            item = _item(event, version, run_id, filter_)
            item.again = command.again
            try:
                row.runs.append((trigger.start_one(state, item, now, round_), filter_.filter_id if filter_ else ""))
            except Refused as refused:
                row.problems.append(f"{version.name}: {refused.message}")
    return [event.event_id for event in events]


def _in_order(state: State, event: EventItem) -> EventItem:
    """A signal gets an id greater than that of the last one: they are heard in that order.

    (Two processes make ids in one millisecond; a task that has heard the greater one looks behind it.)
    """
    if not event.key.startswith(SIGNAL_PREFIX):
        return event
    last, given = state.last_signal, event.event_id
    if given <= last:
        place = f"{int(last[:8] + last[9:13] + last[15:18], 16) + 1:015x}"
        event_id = f"{place[:8]}-{place[8:12]}-7{place[12:]}{given[18:]}"
        payload = event.payload.replace(given, event_id, 1)
        event = msgspec.structs.replace(event, event_id=event_id, payload=payload)
    state.last_signal = event.event_id
    return event


def _starts(state: State, event: EventItem, row: UserEventRow) -> Iterator[tuple[Version, str, FilterRow | None]]:
    facts: Facts | None = None
    for name in state.subscriptions.match(event.key) if not event.key.startswith(SIGNAL_PREFIX) else ():
        version = state.workflows.get(name)
        if version is None:
            continue
        if not is_filtered(state, version):
            yield version, run_id_of(event.event_id, version.workflow_id), None
            continue
        for candidate in candidates(state, version, event.scope):
            facts = facts or _facts(event)
            if _holds(candidate, facts, row):
                yield version, run_id_of(event.event_id, candidate.row.filter_id), candidate.row


def items_of(state: State, event: EventItem) -> Iterator[TriggerItem]:
    """The runs that an event may start of workflows with idempotency keys."""
    versions = [state.workflows.get(name) for name in state.subscriptions.match(event.key)]
    if all(version is None or version.definition.idempotency is None for version in versions):
        return
    for version, run_id, filter_ in _starts(state, event, UserEventRow(event=event, at=0.0)):
        if version.definition.idempotency is not None:
            yield _item(event, version, run_id, filter_)


def _facts(event: EventItem) -> Facts:
    return Facts(
        {
            "input": data_of(event.payload),
            "additional_metadata": data_of(event.metadata),
            "event_key": event.key,
            "event_id": event.event_id,
        }
    )


def _holds(candidate: Candidate, facts: Facts, row: UserEventRow) -> bool:
    try:
        return candidate.holds(facts)
    except ExpressionError as error:
        row.problems.append(f"filter {candidate.row.expression!r}: {error}")
        return False


def _item(event: EventItem, version: Version, run_id: str, filter_: FilterRow | None) -> TriggerItem:
    own = msgspec.json.encode({EVENT_ID_KEY: event.event_id, EVENT_KEY_KEY: event.key}).decode()
    return TriggerItem(
        run_id=run_id,
        workflow=version.name,
        input=event.payload or "{}",
        metadata=trigger.merge_metadata(event.metadata, own),
        priority=event.priority,
        extra=Extra(
            event_id=event.event_id,
            event_key=event.key,
            filter_payload=(filter_.payload or "{}") if filter_ is not None else "",
        ),
    )


def run_ids_of(state: State, events: Iterable[EventItem]) -> list[str]:
    """Ids of all runs that these events may have started."""
    found: list[str] = []
    for event in events:
        for name in state.subscriptions.match(event.key):
            version = state.workflows.get(name)
            if version is not None:
                salts = [each.row.filter_id for each in candidates(state, version, event.scope)]
                if not is_filtered(state, version):
                    salts.append(version.workflow_id)
                found.extend(run_id_of(event.event_id, salt) for salt in salts)
    return found


def run_id_of(event_id: str, salt: str) -> str:
    """The id of a run that an event starts: keeps the event's time prefix."""
    text = blake2b(f"{event_id}/{salt}".encode(), digest_size=10).hexdigest()
    return f"{event_id[:15]}{text[:3]}-b{text[3:6]}-{text[6:18]}"


def time_of(event_id: str) -> float:
    """When an id of version 7 was made, seconds since 1970."""
    return int(event_id[:8] + event_id[9:13], 16) / 1000


# ---- filters ----


def is_filtered(state: State, version: Version) -> bool:
    """Whether a workflow has filters of any scope."""
    return bool(version.definition.filters or state.filters.get(version.workflow_id))


def candidates(state: State, version: Version, scope: str) -> Iterator[Candidate]:
    """A workflow's filters of a scope: those of its definition, then those that were made by the API."""
    if version.definition.filters:
        if version.declared_filters is None:
            version.declared_filters = FilterSet(declared_filters(version.workflow_id, version.definition))
        yield from version.declared_filters.of(scope)
    own = state.filters.get(version.workflow_id)
    if own is not None:
        yield from own.of(scope)


def put_filter(state: State, command: PutFilter, now: float, round_: Round) -> FilterRow:
    """Adds a filter to a workflow, or changes one."""
    row = command.filter
    if not any(version.workflow_id == row.workflow_id for version in state.workflows.values()):
        raise Refused(Code.NOT_FOUND, f"workflowId: no workflow {row.workflow_id!r}", "workflowId")
    adopt_filters(state, [row])
    round_.records.filters[row.filter_id] = row
    return row


def drop_filter(state: State, command: DropFilter, now: float, round_: Round) -> FilterRow:
    """Takes a filter away."""
    for filters in state.filters.values():
        row = filters.pop(command.filter_id)
        if row is not None:
            round_.records.filters.pop(row.filter_id, None)
            round_.records.dropped_filters.append(row.filter_id)
            return row
    raise Refused(Code.NOT_FOUND, f"filter: no filter {command.filter_id!r} that can be deleted", "filter")


def adopt_filters(state: State, rows: list[FilterRow]) -> None:
    """Makes stored filters known."""
    for row in rows:
        state.filters.setdefault(row.workflow_id, FilterSet()).put(row)
