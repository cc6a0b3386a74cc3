"""Tasks in processes of their own: for work that keeps a CPU busy."""

from __future__ import annotations

import asyncio
import importlib
import multiprocessing
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import ModuleType
from typing import TYPE_CHECKING, Any

from .._contracts.session_pb2 import (
    Assignment,
    Attempt,
    TaskLog,
    TaskMetric,
    TaskProgress,
    TaskStreamChunk,
    TimeoutRefresh,
)
from ..context import Context, current_context
from ..declaration import Task
from ..error import MattockError, NonRetryableError
from ..host import Report
from .failure import RemoteTaskError, failure_text

if TYPE_CHECKING:
    from ..client import Mattock
    from .handler import AttemptKey
    from .runner import Runner

_KINDS: tuple[type[Report], ...] = (TaskLog, TaskStreamChunk, TimeoutRefresh, Attempt, TaskProgress, TaskMetric)


class ProcessPool:
    """Processes for tasks, one for each CPU at most; started when first needed.

    Reports of the tasks come back through a queue that one thread reads.
    """

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        # Forked processes would share connections and locks with this one.
        self._spawn = multiprocessing.get_context("spawn")
        self._reports: Any = self._spawn.SimpleQueue()
        self._make_executor()
        threading.Thread(target=self._read_reports, name="mattock-reports", daemon=True).start()

    def _make_executor(self) -> None:
        worker = self._runner.worker
        about = (worker.id, worker.name, dict(worker.labels))
        self._executor = ProcessPoolExecutor(
            os.cpu_count(), self._spawn, initializer=_begin, initargs=(self._reports, about)
        )

    async def run(self, key: AttemptKey, task: Task[Any, Any], assignment: Assignment) -> Any:
        """Runs an attempt; returns its output.

        Raises:
            RemoteTaskError: it failed.
        """
        place = (task.function.__module__, task.function.__qualname__)
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._executor, _run, place, assignment.SerializeToString())
        except BrokenProcessPool:
            # Its memory ran out, or something killed it. The pool is of no more use.
            self._executor.shutdown(wait=False)
            self._make_executor()
            raise
        if isinstance(found, RemoteTaskError):
            raise found
        return found

    def cancel(self, key: AttemptKey) -> None:
        """Code in a process cannot be told; it runs to its end, and its outcome does not count."""

    def close(self) -> None:
        """Ends the processes."""
        processes = list((self._executor._processes or {}).values())
        self._executor.shutdown(wait=False, cancel_futures=True)
        for process in processes:
            process.terminate()
        self._reports.put(None)

    def _read_reports(self) -> None:
        while (found := self._reports.get()) is not None:
            kind, data = found
            self._runner.post(_KINDS[kind].FromString(data))


# ---- in the process


class _Worker:
    """What a task in a process knows of its worker."""

    def __init__(self, id: str, name: str, labels: dict[str, str | int]) -> None:
        self.id = id
        self.name = name
        self.labels = labels

    def upsert_labels(self, labels: Any) -> None:
        raise MattockError("labels cannot be set from a task in a process of its own")


class _ProcessHost:
    """The `Host` of contexts in a process."""

    lifespan: Any = None
    clock: Callable[[], float] = time.time
    loop: asyncio.AbstractEventLoop | None = None
    reports: Any
    worker: _Worker
    client: Mattock

    def post(self, report: Report) -> None:
        self.reports.put((_KINDS.index(type(report)), report.SerializeToString()))


_host = _ProcessHost()


def _begin(reports: Any, about: tuple[str, str, dict[str, str | int]]) -> None:
    _host.reports = reports
    _host.worker = _Worker(*about)


def _find(place: tuple[str, str]) -> Task[Any, Any]:
    name, path = place
    found: ModuleType | Any = sys.modules["__main__"] if name == "__main__" else importlib.import_module(name)
    for part in path.split("."):
        found = getattr(found, part, None)
    if not isinstance(found, Task):
        raise NonRetryableError(f"{name}.{path} is no task: for executor='process', declare it at the top of a module")
    return found


def _run(place: tuple[str, str], data: bytes) -> Any:
    """Runs a task; what it raises is returned as text, for not every exception can be pickled."""
    try:
        task = _find(place)
        _host.client = task.workflow.client
        context = Context(Assignment.FromString(data), task, _host)
        value = context.input = task.input.load_input(context._assignment.input)
        token = current_context.set(context)
        try:
            result = task.function(*task.plan.arguments(value, context))
        finally:
            current_context.reset(token)
        return task.output.load(task.output.dump(result))
    except Exception as error:
        return RemoteTaskError(failure_text(error), isinstance(error, NonRetryableError))
