"""What Hatchet's SDK asks over REST: metrics, logs, workflows that are taken away."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from hatchet_sdk.clients.rest.exceptions import NotFoundException
from mattock import Mattock, TriggerError
from mattock.registration import register

from .flow import Number

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_metrics(flows: Any) -> None:
    await flows.aio_double.aio_run(Number(n=4))
    metrics = flows.hatchet.metrics
    text = await metrics.aio_scrape_tenant_prometheus_metrics()
    assert 'mattock_runs_finished_total{status="completed"' in text
    assert "mattock_task_run_seconds_bucket" in text
    assert "mattock_workers{" in text
    counts = await metrics.aio_get_task_metrics()
    assert counts.completed >= 1
    assert isinstance(await metrics.aio_get_queue_metrics(), dict)
    assert isinstance(await metrics.aio_get_task_stats(), dict)


async def test_a_workflow_that_is_taken_away(flows: Any) -> None:
    hatchet = flows.hatchet
    name = f"short-lived-{uuid.uuid4().hex[:8]}"
    config = hatchet.config
    client = Mattock(token=config.token, host_port=config.host_port, server_url=config.server_url, tls_strategy="none")

    @client.task(name=name, on_crons=["0 0 1 1 *"])
    async def short_lived(input: dict[str, int]) -> None:
        return None

    try:
        await register(client.session.channel, client.settings, [short_lived.workflow])
        (workflow,) = (await hatchet.workflows.aio_list(workflow_name=name)).rows
        assert any(cron.workflow_name == name for cron in await client.crons.aio_list())
        await hatchet.workflows.aio_delete(workflow.metadata.id)
        assert not (await hatchet.workflows.aio_list(workflow_name=name)).rows
        assert not any(cron.workflow_name == name for cron in await client.crons.aio_list())
        with pytest.raises(TriggerError, match="not found"):
            await short_lived.aio_run({})
        with pytest.raises(NotFoundException):
            await hatchet.workflows.aio_delete(workflow.metadata.id)
        await register(client.session.channel, client.settings, [short_lived.workflow])
        assert (await short_lived.aio_run_no_wait({})).run_id
    finally:
        await client.aio_close()
