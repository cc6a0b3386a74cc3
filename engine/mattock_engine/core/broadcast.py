"""Live events of runs for those who listen, and streams of tasks."""

from __future__ import annotations

import json
from typing import TypeVar

from .command import CloseSession, Listen, LogLine, PutStream, Unlisten, UnwatchRuns, WatchRuns, WatchTenant
from .error import Code, Refused
from .listener import MetadataListener
from .message import RunEnded, StreamChunk, TaskEvent, TaskLogged
from .round import Round
from .run import Task
from .state import State
from .status import Status
from .stream import TaskStream

T = TypeVar("T")
# The shared contract's ResourceEventType.
STARTED = 1
COMPLETED = 2
FAILED = 3
CANCELLED = 4
TIMED_OUT = 5

_KIND_OF = {Status.COMPLETED: COMPLETED, Status.FAILED: FAILED, Status.CANCELLED: CANCELLED}


def emit(state: State, round_: Round, task: Task, kind: int, now: float, payload: str = "") -> None:
    """Tells those who listen to the task's run what happened."""
    if not state.listeners and not state.metadata_listeners:
        return
    root = task.root
    message = TaskEvent(
        run_id=root.run_id,
        task_id=task.run_id,
        kind=kind,
        at=now,
        payload=payload,
        attempt=task.attempt,
        retries=task.spec.definition.retries,
    )
    for session in _sessions(state, root.run_id, root.metadata):
        round_.send(session, message)


def emit_outcome(state: State, round_: Round, task: Task, now: float) -> None:
    """Tells the outcome of a task, after what was left of its stream."""
    if task.stream is not None:
        _pass_on(state, round_, task, task.stream.flush(), now)
    if not task.skipped:
        payload = task.output if task.status == Status.COMPLETED else task.error
        emit(state, round_, task, _KIND_OF[Status(task.status)], now, payload)


def end_run(state: State, round_: Round, run_id: str, status: int, now: float) -> None:
    """Tells that a run is final."""
    kind = _KIND_OF[Status(status)]
    for session in state.listeners.pop(run_id, ()):
        round_.send(session, RunEnded(run_id, kind, now, hangup=True))
    for listeners in state.metadata_listeners.values():
        for session, listener in listeners.items():
            if run_id in listener.running:
                listener.running.discard(run_id)
                round_.send(session, RunEnded(run_id, kind, now, hangup=not listener.running))


def begin_run(state: State, run_id: str, metadata: str) -> None:
    """A run exists now: those who listen by metadata have one more to wait for."""
    for pair in _pairs(metadata):
        for listener in state.metadata_listeners.get(pair, {}).values():
            listener.running.add(run_id)


def _pairs(metadata: str) -> list[tuple[str, str]]:
    return [(key, str(value)) for key, value in json.loads(metadata).items()] if metadata else []


def _sessions(state: State, run_id: str, metadata: str) -> list[str]:
    sessions = list(state.listeners.get(run_id, ()))
    if state.metadata_listeners:
        for pair in _pairs(metadata):
            for session, listener in state.metadata_listeners.get(pair, {}).items():
                listener.running.add(run_id)
                sessions.append(session)
    return sessions


def listen(state: State, command: Listen, now: float, round_: Round) -> bool:
    """A session wants the events of a run, from the kept chunks on. Returns True if the run is final already."""
    if command.metadata is not None:
        state.metadata_listeners.setdefault(command.metadata, {})[command.session] = MetadataListener()
        return False
    run_id = command.run_id
    if run_id in state.recent or run_id in state.finished_rows:
        return True
    root = state.root_of(run_id)
    if root is None and command.ahead:
        state.listeners.setdefault(run_id, {})[command.session] = command.logs
        return False
    if root is None or root.run_id != run_id:
        raise Refused(Code.NOT_FOUND, f"workflow_run_id: no run {run_id!r}", "workflow_run_id")
    listening = state.listeners.setdefault(run_id, {})
    if command.session in listening:
        # It was asked twice over, as after a take-over: what is kept was told.
        return False
    listening[command.session] = command.logs
    dag = state.dags.get(run_id)
    for task in dag.ordered_members() if dag is not None else [state.tasks[run_id]]:
        if task.stream is not None:
            for attempt, index, data in task.stream.kept:
                round_.send(command.session, StreamChunk(run_id, task.run_id, attempt, index, data, now))
    return False


def unlisten(state: State, command: Unlisten, now: float, round_: Round) -> None:
    """A session no longer wants the events of a run."""
    _drop(state.listeners, command.run_id, command.session)


def put_stream(state: State, command: PutStream, now: float, round_: Round) -> None:
    """Takes chunks of a task's stream; those of a run that is over are dropped."""
    task = state.tasks.get(command.task_id)
    if task is None:
        if command.task_id in state.finished_rows or command.task_id in state.recent:
            return
        raise Refused(Code.NOT_FOUND, f"task_run_external_id: no task {command.task_id!r}", "task_id")
    if task.stream is None:
        task.stream = TaskStream()
    attempt = task.attempt if command.attempt is None else command.attempt
    for index, data in command.chunks:
        _pass_on(state, round_, task, task.stream.put(attempt, index, data), now)


def _pass_on(state: State, round_: Round, task: Task, chunks: list[tuple[int, int, bytes]], now: float) -> None:
    if not chunks or not (state.listeners or state.metadata_listeners):
        return
    root = task.root
    for session in _sessions(state, root.run_id, root.metadata):
        for attempt, index, data in chunks:
            round_.send(session, StreamChunk(root.run_id, task.run_id, attempt, index, data, now))


def emit_log(state: State, round_: Round, task: Task, line: LogLine) -> None:
    """Tells those who listen to the task's run what it logs."""
    run_id = task.root.run_id
    attempt = task.attempt if line.attempt is None else line.attempt
    for session, logs in state.listeners.get(run_id, {}).items():
        if logs:
            logged = TaskLogged(run_id, task.run_id, attempt, line.at, line.level, line.message, line.fields)
            round_.send(session, logged)


def watch_tenant(state: State, command: WatchTenant, now: float, round_: Round) -> None:
    """A session wants digests."""
    state.onlookers[command.session] = None


def watch_runs(state: State, command: WatchRuns, now: float, round_: Round) -> None:
    """A session wants results: at once of what is final, later of the rest."""
    for run_id in command.ids:
        result = state.result(run_id)
        if result is not None:
            round_.send(command.session, result)
        else:
            watch(state, command.session, run_id)


def watch(state: State, session: str, run_id: str) -> None:
    """Notes that a session wants the result of a run."""
    state.watchers.setdefault(run_id, {})[session] = None
    state.watched_by.setdefault(session, {})[run_id] = None


def unwatch_runs(state: State, command: UnwatchRuns, now: float, round_: Round) -> None:
    """A session no longer wants these results."""
    wanted = state.watched_by.get(command.session, {})
    for run_id in command.ids:
        wanted.pop(run_id, None)
        _drop(state.watchers, run_id, command.session)


def close_session(state: State, command: CloseSession, now: float, round_: Round) -> None:
    """Forgets what a session wanted."""
    session = command.session
    state.onlookers.pop(session, None)
    for run_id in state.watched_by.pop(session, {}):
        _drop(state.watchers, run_id, session)
    for run_id in [run_id for run_id, sessions in state.listeners.items() if session in sessions]:
        _drop(state.listeners, run_id, session)
    for pair in list(state.metadata_listeners):
        state.metadata_listeners[pair].pop(session, None)
        if not state.metadata_listeners[pair]:
            del state.metadata_listeners[pair]


def _drop(sessions_of: dict[str, dict[str, T]], run_id: str, session: str) -> None:
    sessions = sessions_of.get(run_id)
    if sessions is not None:
        sessions.pop(session, None)
        if not sessions:
            del sessions_of[run_id]
