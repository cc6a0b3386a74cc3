"""Live changes as server-sent events: of a tenant, and of one run.

A stream tells what has changed since it was opened, not how things were: a client opens it, reads what it shows, and
then keeps that fresh. `refresh` says that something was left out.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from ...core.error import Refused, invalid
from ...core.message import Change, StreamChunk
from ...core.status import Kind, Status
from ...digest import TOPICS
from ...store import DatabaseDown
from ..selection import READABLE
from .context import Caller, Context, Here, Id, authorize
from .feed import Reader
from .run import rows_of

router = APIRouter(prefix="/api/v1/stable", tags=["live"])
HEARTBEAT_SECONDS = 15.0
# How often it is looked whether who reads still may.
LOOK_SECONDS = 2.0
# A reader that takes nothing for so long is gone.
SEND_SECONDS = 60.0
RETRY_MS = 1500
RUN_TOPICS = frozenset({"runs", "logs"})
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events, until the client leaves.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    }
}
LastId = Annotated[str | None, Query(alias="last_event_id", description="As the header `Last-Event-ID`, which wins.")]
LastIdHeader = Annotated[str | None, Header(description="The last `id` that was seen: what came since is told first.")]


class EventStream(Response):
    """The answer: events until the client leaves, the server stops, or who reads may no longer."""

    media_type = "text/event-stream"

    def __init__(self, reader: Reader, allowed: Callable[[], Any], leave: Callable[[], None]) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._reader = reader
        self._allowed = allowed
        self._leave = leave

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the events."""
        gone = asyncio.create_task(_disconnected(receive))
        writing = asyncio.create_task(self._write(send))
        try:
            await asyncio.wait((gone, writing), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._leave()
            for task in (gone, writing):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, OSError, TimeoutError):
                    await task

    async def _write(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        async for text in self._events():
            async with asyncio.timeout(SEND_SECONDS):
                await send({"type": "http.response.body", "body": text, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _events(self) -> AsyncIterator[bytes]:
        reader = self._reader
        yield f"retry: {RETRY_MS}\n".encode() + _event("ready", {"topics": sorted(reader.topics)}, reader.place)
        loop = asyncio.get_running_loop()
        heard = looked = loop.time()
        while not reader.closed:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await reader.wake.wait()
            if loop.time() - looked >= LOOK_SECONDS * 0.9:
                looked = loop.time()
                if (reason := await self._refusal()) is not None:
                    yield _event("closed", {"reason": reason})
                    return
            if reader.wake.is_set():
                reader.wake.clear()
                text = _told(reader)
                over = reader.ended
                reader.clear()
                if text:
                    heard = loop.time()
                    yield text
                if over:
                    yield _event("ended", {"status": reader.status})
                    return
            elif loop.time() - heard >= HEARTBEAT_SECONDS:
                heard = loop.time()
                yield b": heartbeat\n\n"

    async def _refusal(self) -> str | None:
        try:
            await self._allowed()
        except Refused as refused:
            return refused.message
        except DatabaseDown:
            pass
        return None


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _event(name: str, data: Any, place: str = "") -> bytes:
    head = f"id: {place}\n" if place else ""
    return f"{head}event: {name}\ndata: ".encode() + msgspec.json.encode(data) + b"\n\n"


def _told(reader: Reader) -> bytes:
    parts = []
    for line in reader.lines:
        at = {"task": line.task_id, "at": line.at}
        if isinstance(line, StreamChunk):
            parts.append(_event("chunk", {**at, "index": line.index, "data": line.data.decode("utf-8", "replace")}))
        else:
            fields = msgspec.Raw(line.fields.encode()) if line.fields else {}
            told = {"attempt": line.attempt + 1, "level": line.level, "message": line.message, "metadata": fields}
            parts.append(_event("log", {**at, **told}))
    if reader.changed or reader.changes:
        data: dict[str, Any] = {"topics": list(reader.changed), "runs": [_change(c) for c in reader.changes.values()]}
        if not reader.run:
            data |= {"more": reader.more, "logged": list(reader.logged)}
        parts.append(_event("changes", data, reader.place))
    if reader.refresh:
        parts.append(_event("refresh", {"topics": sorted(reader.topics)}, reader.place))
    return b"".join(parts)


def _change(change: Change) -> dict[str, Any]:
    return {
        "id": change.id,
        "run": change.root_id or change.id,
        "workflow": change.workflow_id,
        "type": "DAG" if change.kind == Kind.DAG else "TASK",
        "status": READABLE[change.status],
        "evicted": change.status == Status.EVICTED,
        "attempt": change.attempt + 1,
    }


def _check_topics(topics: str | None) -> frozenset[str]:
    chosen = frozenset(part.strip() for part in (topics or "").split(",") if part.strip()) or frozenset(TOPICS)
    if unknown := chosen - frozenset(TOPICS):
        raise invalid("topics", f"{min(unknown)[:60]!r} is unknown; expected some of {', '.join(TOPICS)}")
    return chosen


@router.get("/tenants/{tenant}/live", status_code=200, response_class=EventStream, responses=_RESPONSES)
async def watch_tenant(
    here: Here,
    caller: Caller,
    tenant: Id,
    request: Request,
    topics: Annotated[str | None, Query(description="Names with commas between them; all if absent.")] = None,
    last: LastId = None,
    last_event_id: LastIdHeader = None,
) -> Response:
    """Tells what changes in the tenant, as server-sent events.

    `changes` brings `{topics, runs: [{id, run, workflow, type, status, evicted, attempt}], more, logged}`: what may
    have changed, the newest state of runs and tasks, how many more there are, and tasks with new log lines. `refresh`
    says that something was left out: read anew. `closed` brings the reason why the stream ends. At most four a second.
    """
    return open_stream(here, caller.tenant_id, request, Reader(_check_topics(topics)), last_event_id or last)


@router.get(
    "/tenants/{tenant}/workflow-runs/{run}/live", status_code=200, response_class=EventStream, responses=_RESPONSES
)
async def watch_run(
    here: Here,
    caller: Caller,
    tenant: Id,
    run: Id,
    request: Request,
    last: LastId = None,
    last_event_id: LastIdHeader = None,
) -> Response:
    """Tells what happens in a run, as server-sent events, until it ends.

    `changes` brings the newest state of its tasks; `log` a line of a task's log; `chunk` what a task streams, from the
    kept chunks on; `refresh` says that something was left out; `ended` is the last, with the status if it is known.
    """
    root, _ = await rows_of(here, caller.tenant_id, str(run))
    reader = Reader(RUN_TOPICS, root.run_id)
    lines = here.feeds.lines(caller.tenant_id, reader)
    try:
        await lines.start()
        return open_stream(here, caller.tenant_id, request, reader, last_event_id or last, lines.close)
    except BaseException:
        lines.close()
        raise


def open_stream(
    here: Context,
    tenant_id: str,
    request: Request,
    reader: Reader,
    last: str | None,
    leave: Callable[[], None] | None = None,
) -> EventStream:
    """The answer for a reader.

    Args:
        here: the app's context.
        tenant_id: whose changes.
        request: it; whether its caller still may is asked now and then.
        reader: what is to be told.
        last: the last event that the client knows.
        leave: called at the end.
    """
    feed = here.feeds.join(tenant_id, reader, last or "")

    def left() -> None:
        feed.leave(reader)
        if leave is not None:
            leave()

    return EventStream(reader, lambda: authorize(request), left)
