"""Starting runs: new ones, children of tasks, items that come again."""

from __future__ import annotations

import json
from collections import Counter

import msgspec

from . import broadcast, capacity, claim, debounce, lifecycle, spike
from . import key as keys
from .command import Extra, Refusal, Trigger, TriggerItem, WatchRuns
from .dispatch import withdraw
from .error import Code, Refused, invalid
from .round import Round
from .run import Dag, Task, Version, new_standalone
from .state import State
from .status import Kind, Status

# Metadata that the engine itself writes; children do not inherit it.
RESERVED_PREFIX = "hatchet__"
PARENT_RUN_KEY = "hatchet__parent_workflow_run_id"
PARENT_TASK_KEY = "hatchet__parent_step_run_id"


def trigger(state: State, command: Trigger, now: float, round_: Round) -> list[str | Refusal]:
    """Starts the runs; the reply holds for each item the id of the run that stands, or why it was refused."""
    if command.atomic:
        refuse_early(state, command.items, now)
    replies = _start_all(state, command, now, round_)
    for place, reply in zip(command.enqueued, replies, strict=False):
        if isinstance(reply, Refusal):
            round_.records.refused.append((place, reply.message))
        else:
            round_.records.taken.append(place)
    round_.records.refused.extend(command.problems)
    return replies


def _start_all(state: State, command: Trigger, now: float, round_: Round) -> list[str | Refusal]:
    replies: list[str | Refusal] = []
    for item in command.items:
        try:
            run_id = start_one(state, item, now, round_, admitted=command.atomic)
        except claim.Collision as collision:
            replies.append(Refusal(collision.code, collision.message, collision.field, collision.existing))
            continue
        except Refused as refused:
            if command.atomic:
                raise
            replies.append(Refusal(refused.code, refused.message, refused.field))
            continue
        replies.append(run_id)
        if command.watch_session:
            result = state.result(run_id)
            if result is not None:
                round_.send(command.watch_session, result)
            elif state.known(run_id):
                broadcast.watch(state, command.watch_session, run_id)
            else:
                # It ended before, and its result is no longer at hand.
                round_.followups.append(WatchRuns(command.watch_session, [run_id]))
    return replies


def refuse_early(state: State, items: list[TriggerItem], now: float) -> None:
    """All or none: whatever can be refused is refused before the first run is made.

    What is there already is no reason: a run whose key another one has claimed is left out, and told of.
    """
    refuse_unknown(state, items)
    fresh = _fresh(state, items, now)
    capacity.admit(state, sum(not item.parent_task_id for item in fresh))
    counts = Counter(item.workflow for item in fresh)
    for name, count in counts.items():
        spike.check(state, state.workflows[name], count)


def refuse_unknown(state: State, items: list[TriggerItem]) -> None:
    unknown = sorted({item.workflow for item in items if item.workflow not in state.workflows})
    if unknown:
        raise Refused(Code.INVALID_ARGUMENT, f"workflow names not found: {', '.join(unknown)}", "workflow")
    for item in items:
        if item.parent_task_id:
            _children_of(state, item.parent_task_id)


def _fresh(state: State, items: list[TriggerItem], now: float) -> list[TriggerItem]:
    """The items that will be runs of their own: not those that stand, and not those whose key is claimed."""
    found: list[TriggerItem] = []
    children: set[tuple[str, str]] = set()
    claimed: set[str] = set()
    debounced: set[tuple[str, str]] = set()
    for item in items:
        version = state.workflows[item.workflow]
        child = (item.parent_task_id, item.child_key)
        if _stands(state, item):
            continue
        if state.known(item.run_id):
            raise Refused(Code.ALREADY_EXISTS, f"run_id: a run {item.run_id!r} exists", "run_id")
        if item.parent_task_id:
            if child in children or item.child_key in _children_of(state, item.parent_task_id):
                continue
            children.add(child)
        key = claim.key_of(version, item, full_metadata(version, item))
        if key and (key in claimed or claim.holder(state, key, item.run_id, now)):
            continue
        claimed.add(key)
        waits = (item.workflow, debounce_key(version, item))
        # One that takes another's place leaves as many as there were.
        if not waits[1] or waits not in debounced:
            found.append(item)
        debounced.add(waits)
    return found


def _children_of(state: State, parent_task_id: str) -> dict[str, str]:
    parent = state.tasks.get(parent_task_id)
    if parent is not None and parent.children is not None:
        return parent.children
    children = state.loaded_children.get(parent_task_id)
    if children is None:
        raise invalid("parent_task_run_external_id", f"no task {parent_task_id!r}")
    if parent is not None:
        parent.children = children
    return children


def start_one(state: State, item: TriggerItem, now: float, round_: Round, admitted: bool = False) -> str:
    """Starts a run, or finds the one that the item has started before; returns its id.

    `admitted`: how many may be queued was looked at before.
    """
    version = state.workflows.get(item.workflow)
    if version is None:
        raise Refused(Code.INVALID_ARGUMENT, f"workflow names not found: {item.workflow}", "workflow")
    if _stands(state, item):
        return item.run_id
    if state.known(item.run_id):
        raise Refused(Code.ALREADY_EXISTS, f"run_id: a run {item.run_id!r} exists", "run_id")
    parent_run_id = ""
    metadata = item.metadata
    children = None
    if item.parent_task_id:
        children = _children_of(state, item.parent_task_id)
        if item.child_key in children:
            return children[item.child_key]
    key = claim.key_of(version, item, full_metadata(version, item))
    debounced = debounce_key(version, item)
    if key:
        claim.check(state, key, item.run_id, now)
    if not admitted:
        if not item.parent_task_id:
            capacity.admit(state)
        spike.check(state, version)
    spike.admit(state, version, item.run_id, round_)
    if key:
        claim.take(state, version, key, item.run_id, now, round_)
        item.extra = msgspec.structs.replace(item.extra or Extra(), claim=key)
    if children is not None:
        children[item.child_key] = item.run_id
        parent_run_id, inherited = _lineage(state, item.parent_task_id)
        metadata = merge_metadata(inherited, metadata)
    if version.definition.metadata:
        metadata = merge_metadata(version.definition.metadata, metadata)
    _start(state, version, item, parent_run_id, metadata, debounced, now, round_)
    return item.run_id


def _stands(state: State, item: TriggerItem) -> bool:
    """True for an item that was sent before, and whose run is there."""
    run_id = item.run_id
    return item.again and (state.known(run_id) or run_id in state.recent or run_id in state.finished_rows)


def debounce_key(version: Version, item: TriggerItem) -> str:
    """The key with which a run waits for others that may take its place, "" for none."""
    policy = version.definition.debounce
    if policy is None:
        return ""
    return keys.key_of("debounce.expression", policy.expression, item, full_metadata(version, item))


def full_metadata(version: Version, item: TriggerItem) -> str:
    """A run's metadata with its workflow's, without what it inherits."""
    own = version.definition.metadata
    return merge_metadata(own, item.metadata) if own else item.metadata


def _lineage(state: State, parent_task_id: str) -> tuple[str, str]:
    """The parent's run, and the metadata that its children inherit."""
    parent = state.tasks.get(parent_task_id)
    if parent is None:
        rows = state.finished_rows.get(parent_task_id, [])
        root_id = next((row.root_id for row in rows if row.run_id == parent_task_id and row.root_id), parent_task_id)
        return root_id, _inherited("", root_id, parent_task_id)
    root = parent.root
    if parent.child_metadata is None:
        parent.child_metadata = _inherited(root.metadata, root.run_id, parent_task_id)
    return root.run_id, parent.child_metadata


def _inherited(metadata: str, run_id: str, task_id: str) -> str:
    kept = (
        {key: value for key, value in json.loads(metadata).items() if not key.startswith(RESERVED_PREFIX)}
        if metadata
        else {}
    )
    return json.dumps({**kept, PARENT_RUN_KEY: run_id, PARENT_TASK_KEY: task_id}, separators=(",", ":"))


def merge_metadata(base: str, own: str) -> str:
    """Both objects in one; the keys of `own` win."""
    if not own:
        return base
    if not base:
        return own
    return json.dumps({**json.loads(base), **json.loads(own)}, separators=(",", ":"), ensure_ascii=False)


def _extra(version: Version, item: TriggerItem) -> Extra | None:
    worker_id = item.desired_worker_id if version.sticky else ""
    if not (worker_id or item.desired_labels):
        return item.extra
    return msgspec.structs.replace(item.extra or Extra(), worker_id=worker_id, labels=item.desired_labels)


def _start(
    state: State,
    version: Version,
    item: TriggerItem,
    parent_run_id: str,
    metadata: str,
    debounced: str,
    now: float,
    round_: Round,
) -> None:
    priority = item.priority or version.definition.default_priority
    if item.parent_task_id:
        state.below.setdefault(item.parent_task_id, {})[item.run_id] = None
    if state.metadata_listeners:
        broadcast.begin_run(state, item.run_id, metadata)
    if version.standalone:
        spec = next(iter(version.specs.values()))
        task = new_standalone(spec, item.run_id, now)
        task.input = item.input
        task.metadata = metadata
        task.priority = spec.definition.priority or priority if not item.priority else priority
        task.parent_task_id = item.parent_task_id
        task.parent_run_id = parent_run_id
        task.child_key = item.child_key
        task.extra = _extra(version, item)
        round_.insert(task)
        state.tasks[task.run_id] = task
        if debounced:
            _debounce(state, task, debounced, now, round_)
        else:
            lifecycle.arrive(state, task, now, round_)
    else:
        run = Dag(
            run_id=item.run_id,
            kind=Kind.DAG,
            workflow_id=version.workflow_id,
            version_id=version.version_id,
            status=Status.QUEUED,
            priority=priority,
            input=item.input,
            metadata=metadata,
            parent_task_id=item.parent_task_id,
            parent_run_id=parent_run_id,
            child_key=item.child_key,
            created_at=now,
            queued_at=now,
            version=version,
            extra=_extra(version, item),
            members={},
        )
        state.dags[run.run_id] = run
        round_.insert(run)
        lifecycle.start_dag(state, run, now, round_)


def _debounce(state: State, task: Task, key: str, now: float, round_: Round) -> None:
    """A run takes the place of the one that waits with its key."""
    since = now
    before = debounce.replaced(state, task.workflow_id, key)
    if before is not None:
        since = before.extra.held_since if before.extra is not None else now
        withdraw(state, before)
        lifecycle.finish(state, before, Status.CANCELLED, now, round_, error=debounce.REPLACED)
    debounce.hold(state, task, key, since, now)
