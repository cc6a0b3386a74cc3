"""Dependency injection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, Any

import pytest
from mattock import Context, Depends, Mattock, RunFailed
from worker_fixture import StartWorker

events: list[str] = []


def user(input: dict[str, Any], ctx: Context) -> str:
    """A plain function, run in a thread."""
    events.append("user")
    return f"{input['user']} of {ctx.task_name}"


async def greeting(who: Annotated[str, Depends(user)]) -> str:
    """One that depends on another."""
    return f"hello {who}"


def connection() -> Iterator[str]:
    """A generator, closed after the task."""
    events.append("open")
    try:
        yield "connection"
    finally:
        events.append("close")


async def session(base: Annotated[str, Depends(connection)]) -> AsyncIterator[str]:
    """An async generator on top of it."""
    events.append("begin")
    try:
        yield f"session on {base}"
    except ValueError:
        events.append("rollback")
        raise
    else:
        events.append("commit")


@contextmanager
def plain_manager() -> Iterator[int]:
    """A function that returns a context manager."""
    yield 1
    events.append("left")


@asynccontextmanager
async def async_manager() -> AsyncIterator[int]:
    """Likewise, async."""
    yield 2
    events.append("left async")


@pytest.fixture(autouse=True)
def no_events() -> None:
    events.clear()


async def test_dependencies_are_chained_and_called_once(client: Mattock, start_worker: StartWorker) -> None:
    @client.task()
    async def work(
        input: dict[str, Any],
        ctx: Context,
        hello: Annotated[str, Depends(greeting)],
        who: Annotated[str, Depends(user)],
    ) -> list[str]:
        return [hello, who]

    await start_worker(work)
    assert await work.aio_run({"user": "ann"}) == ["hello ann of work", "ann of work"]
    assert events == ["user"]


@pytest.mark.parametrize("fail", [False, True])
async def test_generators_are_closed_after_the_task(client: Mattock, start_worker: StartWorker, fail: bool) -> None:
    @client.task()
    def work(input: dict[str, bool], ctx: Context, on: Annotated[str, Depends(session)]) -> str:
        events.append("work")
        if input["fail"]:
            raise ValueError("oh")
        return on

    await start_worker(work)
    if fail:
        with pytest.raises(RunFailed, match="oh"):
            await work.aio_run({"fail": True})
        assert events == ["open", "begin", "work", "rollback", "close"]
    else:
        assert await work.aio_run({"fail": False}) == "session on connection"
        assert events == ["open", "begin", "work", "commit", "close"]


async def test_context_managers(client: Mattock, start_worker: StartWorker) -> None:
    @client.task()
    async def work(
        input: dict[str, Any],
        ctx: Context,
        one: Annotated[int, Depends(plain_manager)],
        two: Annotated[int, Depends(async_manager)],
    ) -> int:
        events.append("work")
        return one + two

    await start_worker(work)
    assert await work.aio_run({}) == 3
    assert events == ["work", "left async", "left"]


async def test_a_dependency_that_fails_fails_the_task(client: Mattock, start_worker: StartWorker) -> None:
    def broken() -> int:
        raise LookupError("no database")

    @client.task()
    async def work(input: dict[str, Any], ctx: Context, it: Annotated[int, Depends(broken)]) -> int:
        return it

    await start_worker(work)
    with pytest.raises(RunFailed, match="no database"):
        await work.aio_run({})


async def test_a_task_can_be_called_as_a_function() -> None:
    @Mattock().task()
    async def double(input: dict[str, int]) -> int:
        return input["n"] * 2

    assert await double({"n": 2}) == 4
