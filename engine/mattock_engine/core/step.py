"""Commands of durable tasks: what their code asks for, and what is done to them."""

from __future__ import annotations

import msgspec

from .command import Command, TriggerItem
from .definition import ConditionDefinition
from .error import Code


class StepRequest(msgspec.Struct, array_like=True, kw_only=True):
    """A step that a durable task comes to. (See `StepRow` for the fields that are not told of here.)

    Attributes:
        item: RUN: what to start; its parent is the task.
        value: MEMO: the value if it is known already (JSON text), None otherwise.
    """

    kind: int
    fingerprint: str
    what: str = ""
    label: str = ""
    conditions: tuple[ConditionDefinition, ...] = ()
    item: TriggerItem | None = None
    value: str | None = None


class StepAck(msgspec.Struct, tag=True, array_like=True):
    """Where a step stands. `known`: a memo's value was recorded before, and is `payload`."""

    branch: int
    node: int
    child_id: str = ""
    known: bool = False
    payload: str = ""


class StepRefusal(msgspec.Struct, tag=True, array_like=True):
    """A step that was refused; those after it in the request were not looked at.

    Attributes:
        code: gRPC status code; FAILED_PRECONDITION for a departure from the history.
        branch, node: where.
    """

    code: int
    message: str
    branch: int = 0
    node: int = 0


DEPARTURE = Code.FAILED_PRECONDITION


class RecordSteps(Command):
    """Records the next steps of an attempt, or finds them recorded.

    Reply: a `StepAck` for each, the last one a `StepRefusal` if it was refused; None if the attempt is of no account.

    Attributes:
        session: is told when they are settled (`StepSettled`).
        first: the node of the first one; 0 for the next.
        patient: the session must not be told of runs that it has not asked for with `AwaitSteps`.
    """

    task_id: str
    attempt: int
    session: str
    steps: list[StepRequest]
    first: int = 0
    patient: bool = False


class FetchHistory(Command):
    """An attempt begins: what is recorded of its task?

    Reply: the `StepRow`s of the present line; None if the attempt is of no account.

    The session is told (`StepSettled`) of what is settled from now on.
    """

    task_id: str
    attempt: int
    session: str


class AwaitSteps(Command):
    """The session's attempts wait for steps: `(task_id, attempt, branch, node)`. Those that are settled are told again.

    Reply: the attempts that are of no account.
    """

    session: str
    waits: list[tuple[str, int, int, int]]
    patient: bool = False


class PutMemo(Command):
    """The value (JSON text) of a memo that was recorded without; the first one stays. Reply: None."""

    task_id: str
    attempt: int
    branch: int
    node: int
    value: str


class EvictTask(Command):
    """A waiting durable task leaves its worker until a wait is over. Reply: None, also if it does not run."""

    task_id: str
    attempt: int
    reason: str = ""


class RestoreTask(Command):
    """Brings an evicted task back to a worker. Reply: True if it was evicted. NOT_FOUND."""

    task_id: str


class ForkTask(Command):
    """Runs a durable task again from a node on; what is recorded before it is kept.

    Reply: `(node, branch)`, the new branch. NOT_FOUND; INVALID_ARGUMENT for a node that its history does not have.

    Attributes:
        node: the first one that is done anew.
        branch: the one whose nodes are kept, 0 for the newest.
        input: in place of the run's input (text of a JSON object), "" to keep it.
        result: of the step at `node`, in place of what is recorded (JSON text); the steps after it are done anew.
    """

    task_id: str
    node: int
    branch: int = 0
    input: str = ""
    result: str | None = None
