"""Workflow definitions as plain data: what a registration says, with every default filled in."""

from __future__ import annotations

import msgspec

from .status import QueueOrder

# Defaults of the shared contract.
EXECUTION_TIMEOUT = 60.0
SCHEDULE_TIMEOUT = 300.0
BACKOFF_MAX_SECONDS = 86_400
DEFAULT_PRIORITY = 1


class TaskDefinition(msgspec.Struct, frozen=True, omit_defaults=True):
    """One task of a workflow.

    Attributes:
        name: the task's name, unique in its workflow.
        action: `workflow:task` as registered, lower-cased for matching.
        parents: names of the tasks whose outputs it needs.
        retries: attempts after the first one.
        backoff_factor: base of the delay between attempts, in seconds; None retries at once.
        backoff_max: cap of that delay, in seconds.
        execution_timeout: seconds from assignment.
        execution_timeout_text: the same as it was written (error texts quote it).
        schedule_timeout: seconds in the queue.
        slots: units of each slot kind that one attempt takes.
        durable: whether it is a durable task.
        priority: 1 to 3 for this task's place in its queue; 0 takes the run's.
    """

    name: str
    action: str
    parents: tuple[str, ...] = ()
    retries: int = 0
    backoff_factor: float | None = None
    backoff_max: float = BACKOFF_MAX_SECONDS
    execution_timeout: float = EXECUTION_TIMEOUT
    execution_timeout_text: str = "60s"
    schedule_timeout: float = SCHEDULE_TIMEOUT
    slots: tuple[tuple[str, int], ...] = (("default", 1),)
    durable: bool = False
    priority: int = 0


class WorkflowDefinition(msgspec.Struct, frozen=True, omit_defaults=True):
    """A workflow: its tasks as a DAG and its run options.

    Attributes:
        name: the workflow's name, unique in its tenant.
        tasks: the tasks, in the order in which they were registered; at least one.
        on_failure: a task that is run once when a task of the run has failed for good.
        description: for people.
        version: free text for people.
        default_priority: 1 (low) to 3 (high).
        queue_order: order of its queues within equal priority.
        metadata: default metadata as the text of a JSON object; a run's own keys win.
        input_schema: JSON schema of its input as text, or "".
    """

    name: str
    tasks: tuple[TaskDefinition, ...]
    on_failure: TaskDefinition | None = None
    description: str = ""
    version: str = ""
    default_priority: int = DEFAULT_PRIORITY
    queue_order: QueueOrder = QueueOrder.FIFO
    metadata: str = ""
    input_schema: str = ""

    @property
    def standalone(self) -> bool:
        """True if its run is its one task (one row, one id)."""
        return len(self.tasks) == 1 and self.on_failure is None
