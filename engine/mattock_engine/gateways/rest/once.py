"""`Idempotency-Key`: a request that is made again with the same key is answered as the first one was, by any replica.

What a request makes has ids that come from its key, so that one whose answer was lost half-way makes nothing twice.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Callable, Coroutine, Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from fastapi import Request, Response

from ... import identity
from ...core.error import Code, Refused, invalid
from ...store import Store
from .context import authorize, context

HEADER = "idempotency-key"
REPLAYED = "Idempotency-Replayed"
# The operations that take a key: they make something, or let something run again.
_NAMES = """
    trigger push_event push_events replay_events make_schedule make_schedules make_cron run_cron run_schedule
    make_filter signal update decide fork replay replay_dead_letters
"""
OPERATIONS = frozenset(_NAMES.split())
KEPT_SECONDS = 86_400.0
# For so long a request has its key to itself; it is taken up again after that.
LEASE_SECONDS = 60.0
MAX_KEY = 255
MAX_BODY = 1 << 20
_LOOK_SECONDS = 0.1
_WAIT_SECONDS = 10.0
_ids: ContextVar[Iterator[str] | None] = ContextVar("ids", default=None)
_again: ContextVar[bool] = ContextVar("again", default=False)
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def new_id() -> str:
    """A new id; in a request with a key, the same ones in the same order whenever it is made."""
    ids = _ids.get()
    return identity.new_id() if ids is None else next(ids)


def began() -> datetime | None:
    """When a request with a key was first made; None without a key. Uses up one of its ids."""
    if _ids.get() is None:
        return None
    milliseconds = int(new_id().replace("-", "")[:12], 16)
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def is_again() -> bool:
    """True in a request that may have done its work before."""
    return _again.get()


def _ids_from(seed: str) -> Iterator[str]:
    """Ids of version 7 with the time of the seed, so that they stand where new ones would."""
    for number in itertools.count():
        tail = uuid5(UUID(seed), str(number)).hex
        yield str(UUID(seed.replace("-", "")[:12] + "7" + tail[13:16] + "8" + tail[17:]))


async def answer_once(request: Request, operation: str, handler: Handler) -> Response:
    """Answers a request that may bring a key.

    Raises:
        Refused: INVALID_ARGUMENT: the key is too long; FAILED_PRECONDITION: its request is still under way.
        Unprocessable: it was used for another request.
    """
    key = request.headers.get(HEADER)
    if key is None or operation not in OPERATIONS:
        return await handler(request)
    if not 1 <= len(key) <= MAX_KEY or not key.isprintable():
        raise invalid("Idempotency-Key", f"expected 1 to {MAX_KEY} printable characters")
    principal = await authorize(request)
    store = context(request).store
    query = f"{request.url.path}?{request.url.query}".encode()
    fingerprint = hashlib.sha256(query + b"\0" + await request.body()).digest()
    name = (principal.tenant_id, operation, key)
    seed = await _claim(store, name, fingerprint)
    if isinstance(seed, Response):
        return seed
    ids, again = _ids.set(_ids_from(seed[0])), _again.set(seed[1])
    try:
        response = await handler(request)
    except BaseException:
        # Cut off, it may have done its work: then the key waits for whoever takes it up again.
        await asyncio.shield(store.once("release", *name)) if not _cut_off() else None
        raise
    finally:
        _ids.reset(ids)
        _again.reset(again)
    if response.status_code < 400 and len(response.body) <= MAX_BODY:
        body = bytes(response.body).decode()
        sealed = store.seal(body) if store.seal is not None else body
        await store.once("answer", *name, response.status_code, sealed, response.media_type)
    else:
        await store.once("release", *name)
    return response


def _cut_off() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _claim(store: Store, name: tuple[str, str, str], fingerprint: bytes) -> tuple[str, bool] | Response:
    """The seed of a request that is to be done now, and whether it may have been done; or the answer that it had."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + _WAIT_SECONDS
    while True:
        claimed = await store.once("claim", *name, fingerprint, identity.new_id(), KEPT_SECONDS, LEASE_SECONDS)
        if claimed:
            return claimed[0]["seed"], claimed[0]["again"]
        for found in await store.once("look", *name):
            if bytes(found["fingerprint"]) != fingerprint:
                raise Unprocessable("Idempotency-Key: it was used for another request", "Idempotency-Key")
            if found["status"] is not None:
                headers = {REPLAYED: "true"}
                return Response(found["body"], found["status"], headers, found["media_type"])
        if loop.time() > deadline:
            raise Refused(Code.FAILED_PRECONDITION, "Idempotency-Key: its request is under way", "Idempotency-Key")
        await asyncio.sleep(_LOOK_SECONDS)


class Unprocessable(Exception):
    """A request that contradicts an earlier one."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
