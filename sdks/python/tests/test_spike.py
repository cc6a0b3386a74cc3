"""Queue orders, limits of what is queued, pace, debounce: by the real rules, in time that is skipped."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any, Literal

import pytest
from mattock import Debounce, Mattock, QueueLimit, RoundRobin, RunCancelled, TriggerError
from mattock.registration import define
from mattock.setting import ClientSettings
from mattock.testing import engine

Input = dict[str, Any]
client = Mattock()


async def test_more_than_may_be_queued_are_refused() -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    @client.task(name="capped", concurrency=1, queue_limit=QueueLimit(3))
    async def capped(input: Input) -> int:
        begun.set()
        await go.wait()
        return int(input["n"])

    async with engine(capped):
        first = await capped.aio_run_no_wait({"n": 0})
        await begun.wait()
        queued = [await capped.aio_run_no_wait({"n": n}) for n in (1, 2, 3)]
        with pytest.raises(TriggerError, match="'capped' has 3 queued runs") as refused:
            await capped.aio_run_no_wait({"n": 4})
        assert refused.value.code == 8
        go.set()
        assert [await ref.aio_result() for ref in (first, *queued)] == [0, 1, 2, 3]
        assert await capped.aio_run({"n": 5}) == 5


async def test_who_waits_for_room_gets_it() -> None:
    ran: set[int] = set()
    begun, go = asyncio.Event(), asyncio.Event()

    @client.task(name="patient", concurrency=1, queue_limit=QueueLimit(2))
    async def patient(input: Input) -> int:
        ran.add(input["n"])
        begun.set()
        await go.wait()
        return int(input["n"])

    async with engine(patient):
        first = await patient.aio_run_no_wait({"n": 0})
        await begun.wait()
        queued = [await patient.aio_run_no_wait({"n": n}) for n in (1, 2)]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await patient.aio_run_no_wait({"n": 3}, when_full="wait")
        many = asyncio.create_task(
            patient.aio_run_many_no_wait(
                [patient.create_bulk_run_item({"n": n}, when_full="wait") for n in range(4, 9)]
            )
        )
        one = asyncio.create_task(patient.aio_run({"n": 9}, when_full="wait"))
        assert not (await asyncio.wait([many, one], timeout=0.3))[0]
        # Who does not wait is refused as before.
        with pytest.raises(TriggerError, match="has 2 queued runs"):
            await patient.aio_run({"n": 10})
        go.set()
        assert [await ref.aio_result() for ref in (first, *queued, *await many)] == [0, 1, 2, 4, 5, 6, 7, 8]
        assert await one == 9
        # Who left before there was room has started nothing.
        assert ran == {*range(10)} - {3}
        with pytest.raises(ValueError, match="when_full: expected raise or wait, got 'block'"):
            await patient.aio_run({"n": 0}, when_full="block")  # type: ignore[arg-type]


async def test_of_many_each_is_told_of() -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    @client.task(name="crowded", concurrency=1, queue_limit=QueueLimit(2))
    async def crowded(input: Input) -> int:
        begun.set()
        await go.wait()
        return int(input["n"])

    async with engine(crowded):
        first = await crowded.aio_run_no_wait({"n": 0})
        await begun.wait()
        with pytest.raises(TriggerError, match="'crowded' has 2 queued runs") as refused:
            await crowded.aio_run_many_no_wait([{"n": n} for n in range(1, 5)])
        go.set()
        outcomes = refused.value.outcomes
        ids = [each for each in outcomes if isinstance(each, str)]
        assert outcomes[:2] == ids
        assert [await crowded.ref(run_id).aio_result() for run_id in (first.run_id, *ids)] == [0, 1, 2]
        assert [each.code for each in outcomes if isinstance(each, TriggerError)] == [8, 8]


async def test_the_oldest_goes_for_the_newest() -> None:
    begun, go = asyncio.Event(), asyncio.Event()

    @client.task(name="dropping", concurrency=1, queue_limit=QueueLimit(2, when_full="drop_oldest"))
    async def dropping(input: Input) -> int:
        begun.set()
        await go.wait()
        return int(input["n"])

    async with engine(dropping):
        refs = [await dropping.aio_run_no_wait({"n": 0})]
        await begun.wait()
        refs += await dropping.aio_run_many_no_wait([{"n": n} for n in range(1, 6)])
        go.set()
        found = await asyncio.gather(*(ref.aio_result() for ref in refs), return_exceptions=True)
    assert [found[0], *found[4:]] == [0, 4, 5]
    assert all(isinstance(each, RunCancelled) and "too many" in each.reason for each in found[1:4])


async def test_of_a_succession_the_last_one_runs() -> None:
    ran: list[str] = []

    @client.task(name="index", debounce=Debounce("input.page", "10s"))
    async def index(input: Input) -> str:
        ran.append(f"{input['page']}{input['n']}")
        return ran[-1]

    async with engine(index) as here:
        refs = []
        for n in range(4):
            refs.append(await index.aio_run_no_wait({"page": "a", "n": n}))
            await here.aio_sleep("8s")
        other = await index.aio_run_no_wait({"page": "b", "n": 9})
        assert not ran
        assert await refs[-1].aio_result() == "a3"
        assert await other.aio_result() == "b9"
        for ref in refs[:-1]:
            with pytest.raises(RunCancelled, match="newer run with the same key"):
                await ref.aio_result()
        assert await index.aio_run({"page": "a", "n": 5}) == "a5"
    assert ran == ["a3", "b9", "a5"]


async def test_a_succession_without_end_runs_all_the_same() -> None:
    @client.task(name="eager", debounce=Debounce("'all'", "10s", max_wait="25s"))
    async def eager(input: Input) -> int:
        return int(input["n"])

    async with engine(eager) as here:
        mocked = here.mock(eager, 0)
        for n in range(10):
            await eager.aio_run_no_wait({"n": n})
            await here.aio_sleep("8s")
        await here.aio_sleep("20s")
        # The fourth is 24 s after the first.
        assert [input["n"] for input in mocked.inputs] == [3, 7, 9]


async def test_keys_take_turns() -> None:
    order: list[str] = []

    @client.task(name="turns", queue_order=RoundRobin("input.customer"), slots=100)
    async def turns(input: Input) -> None:
        order.append(input["customer"])

    async with engine() as here:
        await here.aio_serve(turns)
        await turns.aio_run_many([{"customer": c} for c in "aaaaaaaabbc"])
    assert sorted(order[:3]) == ["a", "b", "c"]
    assert sorted(order[3:5]) == ["a", "b"]


async def test_a_low_priority_is_not_starved() -> None:
    order: list[str] = []

    @client.task(name="aged", priority_ageing="10s", concurrency=1)
    async def aged(input: Input) -> None:
        order.append(input["name"])

    async with engine() as here:
        await aged_registered(here, aged)
        names: list[tuple[str, Literal[1, 3]]] = [("low", 1), ("high", 3)]
        refs = [await aged.aio_run_no_wait({"name": name}, priority=priority) for name, priority in names]
        await here.aio_sleep("21s")
        refs.append(await aged.aio_run_no_wait({"name": "late and high"}, priority=3))
        await here.aio_serve(aged)
        for ref in refs:
            await ref.aio_result()
    assert order == ["high", "low", "late and high"]


async def aged_registered(here: Any, task: Any) -> None:
    """Makes a workflow known, and leaves it without a worker."""
    from mattock.registration import register

    task.workflow.client._settings = here.client.settings
    session = here.client.session
    await register(session.channel, session.settings, [task.workflow])


async def test_a_pace_is_kept() -> None:
    @client.task(name="paced", pace=2)
    async def paced(input: Input) -> None:
        return None

    async with engine(paced) as here:
        await paced.aio_run_many([{}] * 9)
        assert timedelta(seconds=3.9) <= here.elapsed < timedelta(seconds=6)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"pace": 0}, "pace: expected more than 0"),
        ({"queue_order": "RANDOM"}, "expected FIFO, LIFO or RoundRobin"),
        ({"queue_limit": QueueLimit(1, when_full="wait")}, "expected reject or drop_oldest"),  # type: ignore[arg-type]
    ],
)
def test_options_that_are_none(options: Any, text: str) -> None:
    @client.task(name="bad", **options)
    async def bad(input: Input) -> None:
        return None

    with pytest.raises(ValueError, match=text):
        define(bad.workflow, ClientSettings("e30.e30.e30", "t", "h:1", "http://h"))


async def test_a_dag_cannot_be_debounced() -> None:
    from mattock import RegistrationError

    workflow = client.workflow(name="dag", debounce=Debounce("'x'", 1))

    async def nothing(input: Input) -> None:
        return None

    workflow.task(name="one")(nothing)
    workflow.task(name="two")(nothing)
    async with engine() as here:
        with pytest.raises(RegistrationError, match="debounce"):
            await here.aio_serve(workflow)
