"""The code of durable tasks in the simulation: a fixed sequence of steps for each task, replayed at each attempt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zlib import crc32

from mattock_engine.core import command as c
from mattock_engine.core.error import Refused
from mattock_engine.core.message import StepSettled, StopTask
from mattock_engine.core.status import Action, StepKind
from mattock_engine.core.step import AwaitSteps, EvictTask, PutMemo, RecordSteps, StepAck, StepRequest

from .definition import asleep, condition

if TYPE_CHECKING:
    from .actor import SimulatedWorker
    from .world import World

NODES = 4
ACTIONS = frozenset(("durable:durable", "durable-dag:b"))


@dataclass
class Program:
    """An attempt of a durable task, as its worker sees it.

    Attributes:
        node: the last step whose place is known.
        asked: a step was asked for, and not answered.
        waiting: branch and node of the step that it waits for.
        broken: it cannot go on, and will say so.
    """

    attempt: int
    node: int = 0
    asked: bool = False
    waiting: tuple[int, int] | None = None
    broken: bool = False

    @property
    def done(self) -> bool:
        """True once it has come to its end."""
        return self.node >= NODES and self.waiting is None


def request_of(world: World, task_id: str, node: int) -> StepRequest:
    """The step that a task's code asks for at a node: always the same."""
    choice = crc32(f"{task_id}/{node}".encode()) % 5
    if choice == 0:
        return StepRequest(kind=StepKind.WAIT, fingerprint="sleep", conditions=(asleep(3.0),))
    if choice == 1:
        waits = (asleep(20.0), condition(Action.QUEUE, event_key="e:1"))
        return StepRequest(kind=StepKind.WAIT, fingerprint="race", conditions=waits)
    if choice == 2:
        item = c.TriggerItem(world.new_id(), "plain", '{"key":"a"}', parent_task_id=task_id, child_key=f"i:{node}")
        return StepRequest(kind=StepKind.RUN, fingerprint="run", item=item)
    if choice == 3:
        # What it looks back at differs from attempt to attempt: what is recorded first counts.
        waits = (asleep(20.0), condition(Action.QUEUE, event_key="e:2", scope="s", since=world.now - 15.0))
        return StepRequest(kind=StepKind.WAIT, fingerprint="back", conditions=waits)
    return StepRequest(kind=StepKind.MEMO, fingerprint="memo")


def programs_of(world: World, worker: SimulatedWorker) -> list[tuple[str, Program]]:
    """The durable attempts that a worker holds."""
    found = []
    for task_id, attempt in sorted(worker.holds.items()):
        row = world.store.hot.get(task_id)
        if row is None or f"{world.store.versions[row.version_id].definition.name}:{row.task_name}" not in ACTIONS:
            continue
        program = worker.programs.get(task_id)
        if program is None or program.attempt != attempt:
            program = worker.programs[task_id] = Program(attempt)
        found.append((task_id, program))
    return found


def ask(world: World, worker: SimulatedWorker, task_id: str, program: Program, crash: str = "") -> None:
    """The code comes to its next step."""
    program.asked = True
    # Workers of our own protocol say which node they mean; those of the shared contract do not.
    first = program.node + 1 if worker.tells_held else 0
    step = request_of(world, task_id, program.node + 1)
    command = RecordSteps(task_id, program.attempt, worker.session, [step], first, patient=not worker.tells_held)
    world.run(command, crash=crash)


def await_again(world: World, worker: SimulatedWorker) -> None:
    """The worker has connected again: it says what it waits for.

    What was not answered is asked again, or has failed.
    """
    waits = []
    for task_id, program in programs_of(world, worker):
        if program.asked:
            program.asked, program.broken = False, not worker.tells_held
        if program.waiting is not None:
            waits.append((task_id, program.attempt, *program.waiting))
    if waits and worker.session:
        world.run(AwaitSteps(worker.session, waits, patient=not worker.tells_held))


def evict(world: World, worker: SimulatedWorker, task_id: str, program: Program) -> None:
    """The worker lets a waiting task go."""
    del worker.holds[task_id]
    del worker.programs[task_id]
    world.run(EvictTask(task_id, program.attempt, "waited for too long"), crash=world.crash_point())


def on_reply(world: World, command: c.Command, reply: Any) -> None:
    """The answer to what a worker has asked for."""
    worker = next((each for each in world.workers.values() if each.session == command.session), None)  # type: ignore[attr-defined]
    if worker is None or isinstance(reply, Refused):
        return
    if isinstance(command, AwaitSteps):
        for task_id, attempt in reply:
            _drop(worker, task_id, attempt)
        return
    assert isinstance(command, RecordSteps)
    program = worker.programs.get(command.task_id)
    if program is None or program.attempt != command.attempt or not program.asked:
        return
    if reply is None:
        _drop(worker, command.task_id, command.attempt)
        return
    ack = reply[-1]
    assert isinstance(ack, StepAck), f"a step was refused: {ack}"
    assert ack.node == program.node + 1, f"{command.task_id} was given node {ack.node} after {program.node}"
    program.asked = False
    program.node = ack.node
    kind = command.steps[0].kind
    if kind == StepKind.MEMO:
        if not ack.known:
            value = f'"{world.new_id()}"'
            world.run(PutMemo(command.task_id, command.attempt, ack.branch, ack.node, value))
        else:
            world.note_settled(command.task_id, ack.branch, ack.node, ack.payload)
        return
    program.waiting = (ack.branch, ack.node)
    if not worker.tells_held:
        world.run(AwaitSteps(worker.session, [(command.task_id, command.attempt, ack.branch, ack.node)], True))


def _drop(worker: SimulatedWorker, task_id: str, attempt: int) -> None:
    if worker.holds.get(task_id) == attempt:
        del worker.holds[task_id]
        worker.programs.pop(task_id, None)


def on_message(world: World, worker: SimulatedWorker, message: StepSettled | StopTask) -> None:
    """A step is settled, or an attempt of no account."""
    if isinstance(message, StopTask):
        _drop(worker, message.task_id, message.attempt)
        return
    world.note_settled(message.task_id, message.branch, message.node, message.payload)
    program = worker.programs.get(message.task_id)
    if program is not None and program.attempt == message.attempt and program.waiting == (message.branch, message.node):
        program.waiting = None
