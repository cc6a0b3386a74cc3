"""Which worker gets a task: labels that change, sticky runs and children, slots that a task costs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hatchet_sdk import DesiredWorkerLabel, TriggerWorkflowOptions, V1TaskStatus

from .asking import key
from .limit_flow import Key
from .test_limit import SOFT, status_of, wait_reason

pytestmark = [
    pytest.mark.asyncio(loop_scope="session"),
    pytest.mark.calm("a report of the SDK may be lost while nobody answers, and what is left would stand in the way"),
]
MODELS = ("large", "small")


def on(value: str | int, name: str = "model") -> TriggerWorkflowOptions:
    """A run that must go to a worker with this label."""
    return TriggerWorkflowOptions(desired_worker_label=[DesiredWorkerLabel(key=name, value=value, required=True)])


@pytest.mark.parametrize("model", MODELS)
async def test_a_label_that_comes_later_lets_run_what_waits_for_it(limits: Any, model: str) -> None:
    label = f"label-{key()}"
    refs = [await limits.anywhere.aio_run(options=on(1, label), wait_for_result=False)]
    assert await wait_reason(limits, refs[0]) == "a worker with the labels that it desires"
    await limits.relabel.aio_run(Key(key=label, units=2), options=on(model))
    refs.append(await limits.anywhere.aio_run(options=on(1, label), wait_for_result=False))
    # Everything that could be given out was: the labels are not those that are asked for.
    await limits.anywhere.aio_run()
    assert {await status_of(limits, ref) for ref in refs} == {V1TaskStatus.QUEUED}
    await limits.relabel.aio_run(Key(key=label, units=1), options=on(model))
    refs.append(await limits.anywhere.aio_run(options=on(1, label), wait_for_result=False))
    results = await asyncio.gather(*(ref.aio_result() for ref in refs))
    assert [result["model"] for result in results] == [model] * 3
    await limits.relabel.aio_run(Key(key=label, units=3), options=on(model))
    last = await limits.anywhere.aio_run(options=on(1, label), wait_for_result=False)
    assert await wait_reason(limits, last) == "a worker with the labels that it desires"
    await limits.hatchet.runs.aio_cancel(last.workflow_run_id)


@pytest.mark.parametrize("strategy", [SOFT, "HARD"])
async def test_a_sticky_run_whose_worker_is_full(limits: Any, meeting: Any, strategy: str) -> None:
    """HARD waits for it, and SOFT goes elsewhere."""
    ref = await limits.followed[strategy].aio_run(meeting.at("head"), wait_for_result=False)
    model = await asyncio.to_thread(meeting.wait_begun, "head")
    other = next(each for each in MODELS if each != model)
    fill = await limits.fill.aio_run(meeting.at("fill"), options=on(model), wait_for_result=False)
    meeting.let_go("head")
    assert await asyncio.to_thread(meeting.wait_begun, "fill") == model
    if strategy == "SOFT":
        assert (await ref.aio_result())["tail"] == {"model": other}
    else:
        assert await limits.anywhere.aio_run(options=on(other)) == {"model": other}
        assert await status_of(limits, ref) == V1TaskStatus.RUNNING
    meeting.let_go("fill")
    await fill.aio_result()
    result = await ref.aio_result()
    assert result["head"] == {"model": model}
    assert result["tail"] == {"model": other if strategy == "SOFT" else model}


async def test_children_stay_with_their_parent(limits: Any) -> None:
    # One at a time: parents that fill their worker would wait for ever for what must run there.
    for _ in range(4):
        result = await limits.sticky_parent.aio_run()
        assert set(result["children"]) == {result["model"]}


async def test_a_task_takes_as_many_slots_as_it_costs(limits: Any, meeting: Any) -> None:
    names = ("one", "two", "three")
    refs = []
    for name in names:
        refs.append(await limits.half.aio_run(meeting.at(name), options=on("large"), wait_for_result=False))
        if name != "three":
            await asyncio.to_thread(meeting.wait_begun, name)
    assert await wait_reason(limits, refs[2]) == "a free slot"
    await limits.anywhere.aio_run(options=on("small"))
    assert not (meeting.folder / "three.begun").exists()
    meeting.let_go("one")
    await asyncio.to_thread(meeting.wait_begun, "three")
    for name in names:
        meeting.let_go(name)
    assert await asyncio.gather(*(ref.aio_result() for ref in refs)) == [{"model": "large"}] * 3
