"""An engine in memory that speaks the two streams: enough to test the SDK without a server."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
from mattock import ClientSettings
from mattock._contracts.session_pb2 import (
    OUTCOME_KIND_CANCELLED,
    OUTCOME_KIND_COMPLETED,
    RUN_STATUS_CANCELLED,
    RUN_STATUS_COMPLETED,
    RUN_STATUS_FAILED,
    Accepted,
    Assignment,
    Attempt,
    CallRequest,
    CallResponse,
    RunResult,
    SessionError,
    StreamChunk,
    TaskLog,
    TaskOutcome,
    TaskResult,
    TriggerItem,
    WorkerHello,
    WorkerWelcome,
    WorkRequest,
    WorkResponse,
)
from mattock._contracts.workflow_pb2 import PutWorkflowRequest, PutWorkflowResponse, TaskDefinition, WorkflowDefinition


def token_for(host_port: str) -> str:
    """A token as a server would make it, unsigned."""
    claims = {"sub": "tenant-1", "server_url": "http://localhost:1", "grpc_broadcast_address": host_port}
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{part}.x"


@dataclass(eq=False)
class FakeTask:
    """A task of a run."""

    id: str
    definition: TaskDefinition
    attempt: int = 0
    failures: int = 0
    result: TaskResult | None = None
    assigned: bool = False
    worker_id: str = ""


@dataclass(eq=False)
class FakeRun:
    """A run."""

    item: TriggerItem
    workflow: WorkflowDefinition
    tasks: list[FakeTask] = field(default_factory=list)
    result: RunResult | None = None
    chunks: list[StreamChunk] = field(default_factory=list)


@dataclass(eq=False)
class Stream:
    """A session: what goes out, and what it has asked for."""

    out: asyncio.Queue[Any] = field(default_factory=asyncio.Queue)
    watched: set[str] = field(default_factory=set)
    listened: set[str] = field(default_factory=set)
    hello: WorkerHello | None = None
    worker_id: str = ""
    paused: bool = False


class FakeEngine:
    """See the module. What came in is kept in lists for tests to look at."""

    def __init__(self) -> None:
        self.workflows: dict[str, WorkflowDefinition] = {}
        self.runs: dict[str, FakeRun] = {}
        self.children: dict[tuple[str, str], str] = {}
        self.streams: list[Stream] = []
        self.triggers: list[TriggerItem] = []
        self.outcomes: list[TaskOutcome] = []
        self.logs: list[TaskLog] = []
        self.hellos: list[WorkerHello] = []
        self.requests: list[WorkRequest] = []
        self.released: list[Attempt] = []
        self.lost: set[tuple[str, int]] = set()
        self.left: list[str] = []
        self.acknowledge = True
        self.accept = True
        self.changed = asyncio.Event()
        self.port = 0
        self._server: grpc.aio.Server | None = None

    # ---- the server

    async def start(self) -> None:
        self._server = grpc.aio.server()
        both = grpc.stream_stream_rpc_method_handler
        session: dict[str, Any] = {"Work": both(self._work), "Call": both(self._call)}
        put: Any = grpc.unary_unary_rpc_method_handler(self._put_workflow)
        self._server.add_generic_rpc_handlers(
            (
                grpc.method_handlers_generic_handler("mattock.v1.SessionService", session),
                grpc.method_handlers_generic_handler("mattock.v1.WorkflowService", {"PutWorkflow": put}),
            )
        )
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self._server.start()

    async def stop(self) -> None:
        """Ends it, and all streams; `start` opens the same port again."""
        if self._server is not None:
            self.drop()
            await self._server.stop(0)
            self._server = None

    def drop(self) -> None:
        """Breaks all streams."""
        for stream in self.streams:
            stream.out.put_nowait(None)

    def settings(self, **given: Any) -> ClientSettings:
        host_port = f"127.0.0.1:{self.port}"
        values = {"tls_strategy": "none", **given}
        return ClientSettings.read({"MATTOCK_CLIENT_TOKEN": token_for(host_port)}, **values)

    async def until(self, condition: Any) -> None:
        """Waits until something is so."""
        while not condition():
            self.changed.clear()
            await self.changed.wait()

    def _change(self) -> None:
        self.changed.set()

    async def _put_workflow(self, data: bytes, context: Any) -> bytes:
        found = PutWorkflowRequest.FromString(data).workflow
        if any(task.retries < 0 for task in found.tasks):
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "tasks[0].retries: must not be negative")
        self.workflows[found.name] = found
        return PutWorkflowResponse(workflow_id="w", version_id="v").SerializeToString()

    async def _serve(self, requests: AsyncIterator[bytes], stream: Stream, receive: Any) -> AsyncIterator[bytes]:
        async def read() -> None:
            async for data in requests:
                receive(stream, data)
                self._change()

        reader = asyncio.create_task(read())
        self.streams.append(stream)
        try:
            while (message := await stream.out.get()) is not None:
                yield message.SerializeToString()
        finally:
            self.streams.remove(stream)
            reader.cancel()
            self._change()

    async def _call(self, requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        async for data in self._serve(requests, Stream(), self._on_call):
            yield data
        await context.abort(grpc.StatusCode.UNAVAILABLE, "dropped")

    async def _work(self, requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
        async for data in self._serve(requests, Stream(), self._on_work):
            yield data
        await context.abort(grpc.StatusCode.UNAVAILABLE, "dropped")

    # ---- callers

    def _on_call(self, stream: Stream, data: bytes) -> None:
        request = CallRequest.FromString(data)
        response = CallResponse()
        for item in request.triggers:
            self.triggers.append(item)
            if self.accept:
                self._trigger(stream, item, response)
        stream.watched.update(request.watch)
        stream.watched.difference_update(request.unwatch)
        for run_id in request.listen:
            stream.listened.add(run_id)
            response.chunks.extend(self.runs[run_id].chunks if run_id in self.runs else ())
        if response.ByteSize():
            stream.out.put_nowait(response)
        for run_id in (*request.watch, *(item.run_id for item in request.triggers)):
            if run_id in self.runs:
                self._tell(self.runs[run_id])
        self.dispatch()

    def _trigger(self, stream: Stream, item: TriggerItem, response: CallResponse) -> None:
        workflow = self.workflows.get(item.workflow)
        if workflow is None:
            message = f"workflow: there is no workflow {item.workflow!r}"
            response.errors.append(SessionError(id=item.run_id, code=5, message=message, field="workflow"))
            return
        actual = item.run_id
        if item.parent_task_id:
            actual = self.children.setdefault((item.parent_task_id, item.child_key), item.run_id)
        if actual not in self.runs:
            run = self.runs[actual] = FakeRun(item, workflow)
            sole = len(workflow.tasks) == 1 and not workflow.HasField("on_failure")
            run.tasks = [FakeTask(actual if sole else f"{actual}/{task.name}", task) for task in workflow.tasks]
        if item.watch:
            stream.watched.add(actual)
        response.accepted.append(Accepted(run_id=item.run_id, actual_run_id=actual))

    def _tell(self, run: FakeRun) -> None:
        if run.result is not None:
            for stream in self.streams:
                if run.result.run_id in stream.watched:
                    stream.watched.discard(run.result.run_id)
                    stream.out.put_nowait(CallResponse(results=[run.result]))

    # ---- workers

    def _on_work(self, stream: Stream, data: bytes) -> None:
        request = WorkRequest.FromString(data)
        self.requests.append(request)
        if request.HasField("hello"):
            stream.hello = request.hello
            self.hellos.append(request.hello)
            lost = [held for held in request.hello.held if (held.task_id, held.attempt) in self.lost]
            worker_id = stream.worker_id = request.hello.worker_id or f"worker-{len(self.hellos)}"
            self._take_back(worker_id, {(held.task_id, held.attempt) for held in request.hello.held})
            stream.out.put_nowait(WorkResponse(welcome=WorkerWelcome(worker_id=worker_id, lost=lost, timeout=30)))
        if request.HasField("paused"):
            stream.paused = request.paused
        self.logs.extend(request.logs)
        self.released.extend(request.released)
        for chunk in request.chunks:
            self._on_chunk(chunk)
        if request.outcomes:
            self.outcomes.extend(request.outcomes)
            for outcome in request.outcomes:
                self._on_outcome(outcome)
            if self.acknowledge:
                done = [Attempt(task_id=each.task_id, attempt=each.attempt) for each in request.outcomes]
                stream.out.put_nowait(WorkResponse(acknowledged=done))
        if request.leaving and stream.hello is not None:
            self.left.append(stream.hello.name)
            stream.out.put_nowait(None)
        self.dispatch()

    def _take_back(self, worker_id: str, held: set[tuple[str, int]]) -> None:
        """What was assigned to a worker and never reached it is assigned again."""
        for task in (task for run in self.runs.values() for task in run.tasks):
            if task.worker_id == worker_id and task.result is None and (task.id, task.attempt) not in held:
                task.assigned = False

    def _on_chunk(self, chunk: Any) -> None:
        run_id = chunk.task_id.partition("/")[0]
        told = StreamChunk(
            run_id=run_id, task_id=chunk.task_id, attempt=chunk.attempt, index=chunk.index, data=chunk.data
        )
        self.runs[run_id].chunks.append(told)
        for stream in self.streams:
            if run_id in stream.listened:
                stream.out.put_nowait(CallResponse(chunks=[told]))

    def _on_outcome(self, outcome: TaskOutcome) -> None:
        run = self.runs[outcome.task_id.partition("/")[0]]
        task = next(task for task in run.tasks if task.id == outcome.task_id)
        if task.result is not None or outcome.attempt != task.attempt:
            return
        result = TaskResult(task_id=task.id, task_name=task.definition.name)
        if outcome.kind == OUTCOME_KIND_COMPLETED:
            result.status, result.output = RUN_STATUS_COMPLETED, outcome.payload
        elif outcome.kind == OUTCOME_KIND_CANCELLED:
            result.status = RUN_STATUS_CANCELLED
        else:
            task.failures += 1
            if not outcome.final and task.failures <= task.definition.retries:
                task.attempt += 1
                task.assigned = False
                return
            result.status, result.error = RUN_STATUS_FAILED, outcome.payload.decode()
        task.result = result
        self._check_end(run)

    def _check_end(self, run: FakeRun) -> None:
        done = {task.definition.name: task.result for task in run.tasks if task.result is not None}
        statuses = {result.status for result in done.values()}
        broken = statuses & {RUN_STATUS_FAILED, RUN_STATUS_CANCELLED}
        failure = run.workflow.on_failure
        if (
            RUN_STATUS_FAILED in statuses
            and failure.name
            and failure.name not in {t.definition.name for t in run.tasks}
        ):
            run.tasks.append(FakeTask(f"{run.item.run_id}/{failure.name}", failure))
            run.tasks = [task for task in run.tasks if task.result or task.assigned or task.definition is failure]
        elif len(done) == len(run.tasks) or (broken and not failure.name):
            status = RUN_STATUS_COMPLETED if not broken else max(broken & {RUN_STATUS_FAILED} or broken)
            run.result = RunResult(run_id=run.item.run_id, status=status, tasks=done.values())
            end = StreamChunk(run_id=run.item.run_id, end=True)
            run.chunks.append(end)
            for stream in self.streams:
                if run.item.run_id in stream.listened:
                    stream.out.put_nowait(CallResponse(chunks=[end]))
            self._tell(run)

    def cancel(self, run_id: str) -> None:
        """Cancels a run's tasks."""
        for task in self.runs[run_id].tasks:
            for stream in self.streams:
                if stream.hello is not None:
                    cancels = [Attempt(task_id=task.id, attempt=task.attempt)]
                    stream.out.put_nowait(WorkResponse(cancels=cancels))

    def dispatch(self) -> None:
        """Gives what is ready to workers."""
        workers = [stream for stream in self.streams if stream.hello is not None and not stream.paused]
        for run in self.runs.values():
            outputs = {task.definition.name: task.result for task in run.tasks if task.result is not None}
            for task in run.tasks:
                parents = list(task.definition.parents)
                ready = all(name in outputs and outputs[name].status == RUN_STATUS_COMPLETED for name in parents)
                worker = next((w for w in workers if w.hello and task.definition.action in w.hello.actions), None)
                if task.result is None and not task.assigned and ready and worker is not None:
                    task.assigned, task.worker_id = True, worker.worker_id
                    worker.out.put_nowait(WorkResponse(assignments=[self._assignment(run, task, outputs)]))

    def assign_again(self, run_id: str) -> None:
        """Sends the first task of a run once more, whatever became of it."""
        run = self.runs[run_id]
        worker = next(stream for stream in self.streams if stream.hello is not None)
        worker.out.put_nowait(WorkResponse(assignments=[self._assignment(run, run.tasks[0], {})]))

    def _assignment(self, run: FakeRun, task: FakeTask, outputs: dict[str, TaskResult]) -> Assignment:
        found = Assignment(
            task_id=task.id,
            attempt=task.attempt,
            run_id=run.item.run_id,
            workflow_name=run.workflow.name,
            task_name=task.definition.name,
            action=task.definition.action,
            input=run.item.input or b"{}",
            metadata=run.item.metadata,
            priority=run.item.priority or run.workflow.default_priority or 1,
            parent_task_id=run.item.parent_task_id,
            child_key=run.item.child_key,
            max_attempts=task.definition.retries + 1,
            timeout=60,
        )
        for name in task.definition.parents:
            found.parents[name] = outputs[name].output
        if task.definition is run.workflow.on_failure or task.definition.name == run.workflow.on_failure.name:
            for name, result in outputs.items():
                if result.status == RUN_STATUS_FAILED:
                    found.errors[name] = result.error
        return found
