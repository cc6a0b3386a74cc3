"""Mattock's Python SDK: durable tasks and workflows.

```python
import mattock

@mattock.task(retries=3)
async def greet(input: dict[str, str], ctx: mattock.Context) -> str:
    return f"Hello, {input['name']}!"
```

Everything public is here; the modules are not. Names are loaded when they are first used, so that the import costs
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .administration import Runs as Runs
    from .administration import Workers as Workers
    from .backlog import Queues as Queues
    from .batch import BatchContext as BatchContext
    from .catalog import Workflows as Workflows
    from .client import Mattock as Mattock
    from .condition import ParentCondition as ParentCondition
    from .condition import SleepCondition as SleepCondition
    from .condition import UserEventCondition as UserEventCondition
    from .condition import or_ as or_
    from .context import Context as Context
    from .cron import Crons as Crons
    from .dead_letter import DeadLetters as DeadLetters
    from .declaration import SoleTask as SoleTask
    from .declaration import Task as Task
    from .declaration import Workflow as Workflow
    from .default import batch_task as batch_task
    from .default import durable_task as durable_task
    from .default import task as task
    from .default import worker as worker
    from .default import workflow as workflow
    from .dependency import Depends as Depends
    from .durable import DurableContext as DurableContext
    from .duration import Duration as Duration
    from .embedding import EmbeddedError as EmbeddedError
    from .embedding import EmbeddedServer as EmbeddedServer
    from .embedding import embedded as embedded
    from .enqueue import enqueue as enqueue
    from .error import ConnectionError as ConnectionError
    from .error import MattockError as MattockError
    from .error import NonDeterminismError as NonDeterminismError
    from .error import NonRetryableError as NonRetryableError
    from .error import RegistrationError as RegistrationError
    from .error import RequestError as RequestError
    from .error import RunCancelled as RunCancelled
    from .error import RunFailed as RunFailed
    from .error import SettingError as SettingError
    from .error import SyncInAsyncError as SyncInAsyncError
    from .error import TaskFailed as TaskFailed
    from .error import TriggerError as TriggerError
    from .event import Event as Event
    from .event import EventFilter as EventFilter
    from .event import Events as Events
    from .execution.worker import Worker as Worker
    from .filtering import Filters as Filters
    from .flow import Concurrency as Concurrency
    from .flow import Debounce as Debounce
    from .flow import DesiredLabel as DesiredLabel
    from .flow import Idempotency as Idempotency
    from .flow import QueueLimit as QueueLimit
    from .flow import RateLimit as RateLimit
    from .flow import RoundRobin as RoundRobin
    from .message import Approval as Approval
    from .message import Update as Update
    from .model import EmptyModel as EmptyModel
    from .option import EvictionPolicy as EvictionPolicy
    from .option import RunOptions as RunOptions
    from .option import TaskOptions as TaskOptions
    from .option import WorkflowOptions as WorkflowOptions
    from .otel import instrument as instrument
    from .rate import RateLimits as RateLimits
    from .record import BulkResult as BulkResult
    from .record import ConcurrencyKey as ConcurrencyKey
    from .record import CronDetails as CronDetails
    from .record import DeadLetter as DeadLetter
    from .record import DeadLetterGroup as DeadLetterGroup
    from .record import EventDetails as EventDetails
    from .record import FilterDetails as FilterDetails
    from .record import LogLine as LogLine
    from .record import RateLimitDetails as RateLimitDetails
    from .record import RunDetails as RunDetails
    from .record import RunSummary as RunSummary
    from .record import ScheduleDetails as ScheduleDetails
    from .record import TaskProgress as TaskProgress
    from .record import TenantLimits as TenantLimits
    from .record import WaitingTasks as WaitingTasks
    from .record import WorkerDetails as WorkerDetails
    from .record import WorkflowDetails as WorkflowDetails
    from .reference import RunRef as RunRef
    from .rest import Page as Page
    from .runnable import RunItem as RunItem
    from .schedule import Schedule as Schedule
    from .schedule import Schedules as Schedules
    from .setting import ClientSettings as ClientSettings
    from .steering import DurableTasks as DurableTasks
    from .steering import PendingApproval as PendingApproval
    from .steering import RecordedStep as RecordedStep
    from .webhook import ApiKeyAuth as ApiKeyAuth
    from .webhook import BasicAuth as BasicAuth
    from .webhook import HmacAuth as HmacAuth
    from .webhook import Webhooks as Webhooks
else:
    _MODULES = {
        "administration": "Runs Workers",
        "backlog": "Queues",
        "batch": "BatchContext",
        "catalog": "Workflows",
        "client": "Mattock",
        "condition": "ParentCondition SleepCondition UserEventCondition or_",
        "context": "Context",
        "cron": "Crons",
        "dead_letter": "DeadLetters",
        "declaration": "SoleTask Task Workflow",
        "default": "batch_task durable_task task worker workflow",
        "dependency": "Depends",
        "durable": "DurableContext",
        "duration": "Duration",
        "embedding": "EmbeddedError EmbeddedServer embedded",
        "enqueue": "enqueue",
        "error": (
            "ConnectionError MattockError NonDeterminismError NonRetryableError RegistrationError RequestError"
            " RunCancelled RunFailed SettingError SyncInAsyncError TaskFailed TriggerError"
        ),
        "event": "Event EventFilter Events",
        "execution.worker": "Worker",
        "filtering": "Filters",
        "flow": "Concurrency Debounce DesiredLabel Idempotency QueueLimit RateLimit RoundRobin",
        "message": "Approval Update",
        "model": "EmptyModel",
        "option": "EvictionPolicy RunOptions TaskOptions WorkflowOptions",
        "otel": "instrument",
        "rate": "RateLimits",
        "record": (
            "BulkResult ConcurrencyKey CronDetails DeadLetter DeadLetterGroup EventDetails FilterDetails LogLine"
            " RateLimitDetails RunDetails RunSummary ScheduleDetails TaskProgress TenantLimits WaitingTasks"
            " WorkerDetails WorkflowDetails"
        ),
        "reference": "RunRef",
        "rest": "Page",
        "runnable": "RunItem",
        "schedule": "Schedule Schedules",
        "setting": "ClientSettings",
        "steering": "DurableTasks PendingApproval RecordedStep",
        "webhook": "ApiKeyAuth BasicAuth HmacAuth Webhooks",
    }
    _PLACES = {name: module for module, names in _MODULES.items() for name in names.split()}

    def __getattr__(name: str) -> object:
        if name not in _PLACES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        found = globals()[name] = getattr(import_module(f".{_PLACES[name]}", __name__), name)
        return found

    def __dir__() -> list[str]:
        return sorted(__all__)


__all__ = [
    "ApiKeyAuth",
    "Approval",
    "BasicAuth",
    "BatchContext",
    "ClientSettings",
    "ConnectionError",
    "Context",
    "Debounce",
    "Depends",
    "DurableContext",
    "DurableTasks",
    "Duration",
    "EmbeddedError",
    "EmbeddedServer",
    "EmptyModel",
    "EvictionPolicy",
    "HmacAuth",
    "Idempotency",
    "LogLine",
    "Mattock",
    "MattockError",
    "NonDeterminismError",
    "NonRetryableError",
    "PendingApproval",
    "QueueLimit",
    "RecordedStep",
    "RegistrationError",
    "RequestError",
    "RoundRobin",
    "RunCancelled",
    "RunDetails",
    "RunFailed",
    "RunItem",
    "RunOptions",
    "RunRef",
    "RunSummary",
    "Runs",
    "SettingError",
    "SoleTask",
    "SyncInAsyncError",
    "Task",
    "TaskFailed",
    "TaskOptions",
    "TriggerError",
    "Update",
    "Webhooks",
    "Worker",
    "WorkerDetails",
    "Workers",
    "Workflow",
    "WorkflowOptions",
    "batch_task",
    "durable_task",
    "embedded",
    "enqueue",
    "instrument",
    "task",
    "worker",
    "workflow",
]
