"""What tasks tell of themselves, as a server keeps and shows it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from mattock import Context, EmbeddedServer, Mattock
from serving import serve


@pytest.fixture
async def client(server: EmbeddedServer) -> AsyncIterator[Mattock]:
    client = server.client()
    yield client
    await client.aio_close()


class Api:
    """REST, as the tests ask it."""

    def __init__(self, client: Mattock) -> None:
        self.settings = client.settings
        headers = {"Authorization": f"Bearer {client.settings.token}"}
        self.http = httpx.AsyncClient(base_url=client.settings.server_url, headers=headers)
        self.stable = f"/api/v1/stable/tenants/{client.settings.tenant_id}"

    async def get(self, path: str, **query: Any) -> Any:
        found = await self.http.get(path, params=query)
        assert found.is_success, found.text
        return found.json()

    async def until(self, path: str, holds: Callable[[Any], bool], **query: Any) -> Any:
        """Asks until the answer is as wanted."""
        while True:
            found = await self.get(path, **query)
            if holds(found):
                return found
            await asyncio.sleep(0.02)

    async def workflow_id(self, name: str) -> str:
        rows = (await self.get(f"/api/v1/tenants/{self.settings.tenant_id}/workflows", name=name))["rows"]
        return str(next(row["metadata"]["id"] for row in rows if row["name"] == name))


@pytest.fixture
async def api(client: Mattock) -> AsyncIterator[Api]:
    found = Api(client)
    yield found
    await found.http.aclose()


async def test_progress_is_seen_while_it_runs_and_kept_at_the_end(client: Mattock, api: Api) -> None:
    go = asyncio.Event()

    @client.task(name="importer", retries=1)
    async def importer(input: dict[str, int], ctx: Context) -> None:
        if ctx.retry_count:
            return
        ctx.progress(0.4, "reading")
        await go.wait()
        ctx.progress(0.9, "nearly")
        raise ValueError("no")

    async with serve(client, importer):
        run = await importer.aio_run_no_wait({})
        path = f"/api/v1/stable/tasks/{run.run_id}"
        found = await api.until(path, lambda task: task["progress"])
        assert (found["progress"]["fraction"], found["progress"]["text"]) == (0.4, "reading")
        details = await api.get(f"/api/v1/stable/workflow-runs/{run.run_id}")
        assert details["tasks"][0]["progress"]["fraction"] == 0.4
        listed = await api.get(f"{api.stable}/workflow-runs", since="2020-01-01T00:00:00Z", only_tasks="false")
        row = next(row for row in listed["rows"] if row["metadata"]["id"] == run.run_id)
        assert row["progress"]["text"] == "reading"
        assert (await client.runs.aio_get_task(run.run_id)).progress.fraction == 0.4  # type: ignore[union-attr]
        go.set()
        # What the first attempt told is nothing about the second one, which told nothing.
        await run.aio_result()
        assert (await api.get(path))["progress"] is None


async def test_a_run_of_several_tasks_is_as_far_as_they_are(client: Mattock, api: Api) -> None:
    go = asyncio.Event()
    flow = client.workflow(name="two-steps")

    @flow.task()
    async def first(input: dict[str, int]) -> None:
        return None

    @flow.task(parents=[first])
    async def second(input: dict[str, int], ctx: Context) -> None:
        ctx.progress(0.5, "half of the second")
        await go.wait()

    async with serve(client, flow):
        run = await flow.aio_run_no_wait({})
        query = {"since": "2020-01-01T00:00:00Z", "only_tasks": "false", "workflow_ids": ""}
        query["workflow_ids"] = await api.workflow_id("two-steps")
        found = await api.until(
            f"{api.stable}/workflow-runs", lambda found: bool((found["rows"][0]["progress"] or {}).get("text")), **query
        )
        assert found["rows"][0]["progress"]["fraction"] == 0.75
        go.set()
        await run.aio_result()
        found = await api.get(f"{api.stable}/workflow-runs", **query)
        assert found["rows"][0]["progress"]["fraction"] == 1


async def test_children_that_are_over_are_counted(client: Mattock, api: Api) -> None:
    go = asyncio.Event()

    @client.task(name="leaf")
    async def leaf(input: dict[str, int]) -> None:
        if input["n"]:
            await go.wait()

    @client.task(name="fan")
    async def fan(input: dict[str, int]) -> None:
        await leaf.aio_run_many([{"n": n} for n in range(3)])

    async with serve(client, leaf, fan):
        run = await fan.aio_run_no_wait({})
        path = f"/api/v1/stable/tasks/{run.run_id}"
        found = await api.until(path, lambda task: task["numFinishedChildren"])
        assert (found["numSpawnedChildren"], found["numFinishedChildren"]) == (3, 1)
        go.set()
        await run.aio_result()
        assert (await api.get(path))["numFinishedChildren"] == 3


async def test_a_batch_that_gathers_is_seen(client: Mattock, api: Api) -> None:
    @client.batch_task(name="gather", batch_size=3, batch_interval="1h")
    async def gather(inputs: list[dict[str, int]]) -> list[int]:
        return [1] * len(inputs)

    async with serve(client, gather):
        runs = await gather.aio_run_many_no_wait([{"n": 1}, {"n": 2}])
        found = await api.get(f"/api/v1/stable/workflow-runs/{runs[0].run_id}")
        assert found["tasks"][0]["batch"] == {"waiting": 2, "size": 3}
        await gather.aio_run({"n": 3})
        assert (await api.get(f"/api/v1/stable/tasks/{runs[0].run_id}"))["batch"] is None


async def test_figures_by_time_and_label(client: Mattock, api: Api) -> None:
    @client.task(name="spender")
    async def spender(input: dict[str, Any], ctx: Context) -> None:
        ctx.metric("tokens", input["tokens"], model=input["model"])
        ctx.metric("calls")

    async with serve(client, spender):
        for tokens, model in ((100, "small"), (300, "large"), (50, "small")):
            await spender.aio_run({"tokens": tokens, "model": model})
        path = f"{api.stable}/workflows/{await api.workflow_id('spender')}/custom-metrics"

        def all_there(found: Any) -> bool:
            return bool(sum(each["count"] for each in found["series"]) == 6)

        found = await api.until(path, all_there)
        assert found["labels"] == {"tokens": ["model"]}
        calls, tokens = found["series"]
        assert (calls["name"], calls["sum"]) == ("calls", 3)
        assert {name: tokens[name] for name in ("sum", "count", "min", "max", "avg")} == {
            "sum": 450,
            "count": 3,
            "min": 50,
            "max": 300,
            "avg": 150,
        }
        assert sum(point["sum"] for point in tokens["points"]) == 450
        by_model = await api.get(path, names="tokens", by="model")
        assert {each["label"]: each["sum"] for each in by_model["series"]} == {"small": 150, "large": 300}
        assert (await api.get(path, until="2020-01-01T00:00:00Z"))["series"] == []
        wrong = await api.http.get(path, params={"since": "2030-01-01T00:00:00Z"})
        assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "since")
        text = (await api.http.get("/metrics")).text
        labels = f'name="tokens",tenant="{api.settings.tenant_id}",workflow="spender"'
        assert f"mattock_custom_metric_sum{{{labels}}} 450.0" in text
        assert f"mattock_custom_metric_count_total{{{labels}}} 3.0" in text


async def test_the_names_of_a_workflow_are_bounded(client: Mattock, api: Api) -> None:
    @client.task(name="inventive")
    async def inventive(input: dict[str, int], ctx: Context) -> None:
        for number in range(50):
            ctx.metric(f"name-{number:02}")
        for number in range(150):
            ctx.metric("name-00", 1, user=str(number))

    async with serve(client, inventive):
        await inventive.aio_run({})
        path = f"{api.stable}/workflows/{await api.workflow_id('inventive')}/custom-metrics"
        await api.until(path, lambda found: len(found["series"]) == 50)

        @client.task(name="inventive")
        async def again(input: dict[str, int], ctx: Context) -> None:
            ctx.metric("name-too-many")

    async with serve(client, again):
        run = await again.aio_run_no_wait({})
        await run.aio_result()
        lines = await api.until(f"/api/v1/stable/tasks/{run.run_id}/logs", lambda found: found["rows"])
        assert "'name-too-many' is not stored" in lines["rows"][0]["message"]
        assert lines["rows"][0]["level"] == "WARN"
        by_user = await api.get(path, names="name-00", by="user", buckets=1)
        # 100 sets of labels: none, and 99 users; the others are one more.
        assert sum(each["count"] for each in by_user["series"]) == 151
        assert len(by_user["series"]) == 100
