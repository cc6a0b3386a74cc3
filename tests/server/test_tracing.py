"""One trace from who starts a run through the engine and its workers to child runs, as a collector sees it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import mattock
import pytest
from mattock import BatchContext, Context, DurableContext, Mattock
from mattock.otel import uninstrument
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

from .conftest import ServerFactory, read_env


class Collector:
    """Takes spans over HTTP."""

    def __init__(self) -> None:
        self.spans: dict[str, Any] = {}
        self.more = threading.Condition()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = ExportTraceServiceRequest.FromString(self.rfile.read(int(self.headers["content-length"])))
                with collector.more:
                    for resource in request.resource_spans:
                        for scope in resource.scope_spans:
                            for span in scope.spans:
                                collector.spans.setdefault(span.name, span)
                    collector.more.notify_all()
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait_for(self, *names: str) -> None:
        """Waits until spans of these names have come."""
        with self.more:
            arrived = self.more.wait_for(lambda: set(names) <= set(self.spans), timeout=60)
        assert arrived, f"missing: {set(names) - set(self.spans)}"

    def parent_of(self, name: str) -> str:
        """The name of a span's parent; "" without one."""
        names = {span.span_id: each for each, span in self.spans.items()}
        return names.get(self.spans[name].parent_span_id, "") if self.spans[name].parent_span_id else ""

    def attributes(self, name: str) -> dict[str, Any]:
        """Its attributes, as text."""
        return {each.key: each.value.string_value for each in self.spans[name].attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def provider(collector: Collector) -> Iterator[TracerProvider]:
    made = TracerProvider()
    made.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{collector.url}/v1/traces")))
    yield made
    uninstrument()
    made.shutdown()


def client_of(servers: ServerFactory, env: dict[str, str]) -> Mattock:
    env_file = servers.folder / "client.env"
    servers.start_ready("--env-file", str(env_file), env=env)
    found = read_env(env_file)
    names = ("token", "host_port", "server_url", "tls_strategy", "tenant_id")
    settings: dict[str, Any] = {name: found[f"MATTOCK_CLIENT_{name.upper()}"] for name in names}
    return Mattock(**settings)


class Serving:
    """A worker for the time of a block."""

    def __init__(self, client: Mattock, *workflows: Any) -> None:
        self.worker = client.worker("tracing", workflows=workflows)

    async def __aenter__(self) -> None:
        self.serving = asyncio.create_task(self.worker.aio_start())
        await self.worker.aio_ready()

    async def __aexit__(self, *_: object) -> None:
        self.worker.stop()
        await self.serving


async def spans_of(client: Mattock, run_id: str) -> list[dict[str, Any]]:
    settings = client.settings
    headers = {"Authorization": f"Bearer {settings.token}"}
    async with httpx.AsyncClient(base_url=settings.server_url, headers=headers) as http:
        found = await http.get(f"/api/v1/stable/workflow-runs/{run_id}/spans")
        assert found.is_success, found.text
        return list(found.json()["rows"])


async def test_one_trace_from_the_trigger_to_a_childs_task(
    servers: ServerFactory, collector: Collector, provider: TracerProvider
) -> None:
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}
    client = client_of(servers, env)

    @client.task(name="inner")
    def inner(input: dict[str, int], ctx: Context) -> int:
        with trace.get_tracer("app", tracer_provider=provider).start_as_current_span("query"):
            return input["n"] * 2

    @client.durable_task(name="outer")
    async def outer(input: dict[str, int], ctx: DurableContext) -> int:
        await ctx.aio_sleep_for(0.01)
        return await inner.aio_run({"n": 21})

    assert mattock.instrument(client, tracer_provider=provider) is provider
    mattock.instrument(client, tracer_provider=provider)
    async with Serving(client, inner, outer):
        run = await outer.aio_run_no_wait({})
        assert await run.aio_result() == 42
        names = [f"{what} outer" for what in ("trigger", "run", "queued")] + ["task outer:outer", "attempt outer:outer"]
        names += [name.replace("outer", "inner") for name in names]
        await asyncio.to_thread(collector.wait_for, *names, "query")
        await asyncio.to_thread(provider.force_flush)
        found = await spans_of(client, run.run_id)
    await client.aio_close()

    assert len({span.trace_id for span in collector.spans.values()}) == 1
    above = {name: collector.parent_of(name) for name in collector.spans}
    assert above == {
        "trigger outer": "",
        "run outer": "trigger outer",
        "task outer:outer": "run outer",
        "queued outer": "task outer:outer",
        "attempt outer:outer": "task outer:outer",
        "trigger inner": "attempt outer:outer",
        "run inner": "trigger inner",
        "task inner:inner": "run inner",
        "queued inner": "task inner:inner",
        "attempt inner:inner": "task inner:inner",
        "query": "attempt inner:inner",
    }
    child = collector.attributes("attempt inner:inner")
    assert collector.attributes("query")["mattock.run_id"] == child["mattock.run_id"]
    assert child["mattock.parent_run_id"] == run.run_id

    # The server shows the same: its own spans once, by the same ids.
    shown = {each["name"]: each for each in found}
    assert {name for name in shown if "outer" in name} == {name for name in above if "outer" in name}
    assert {each["traceId"] for each in found} == {collector.spans["query"].trace_id.hex()}
    for name in ("run outer", "task outer:outer", "queued outer", "attempt outer:outer"):
        assert shown[name]["spanId"] == collector.spans[name].span_id.hex()
        assert shown[name]["parentSpanId"] == collector.spans[name].parent_span_id.hex()
    assert (shown["run outer"]["source"], shown["attempt outer:outer"]["source"]) == ("ENGINE", "OTLP")


async def test_failures_events_and_batches(
    servers: ServerFactory, collector: Collector, provider: TracerProvider
) -> None:
    client = client_of(servers, {})

    @client.task(name="heard", on_events=["file:new"])
    async def heard(input: dict[str, str], ctx: Context) -> None:
        raise ValueError("no such file")

    @client.batch_task(name="embed", batch_size=2, batch_interval="1h")
    async def embed(texts: list[dict[str, int]], ctx: BatchContext) -> list[int]:
        return [1] * len(texts)

    mattock.instrument(client, tracer_provider=provider)
    async with Serving(client, heard, embed):
        await client.events.aio_push("file:new", {})
        await asyncio.to_thread(collector.wait_for, "push file:new", "attempt heard:heard")
        # The engine exports nothing: the attempt stands right below what has caused it.
        assert collector.parent_of("attempt heard:heard") == "push file:new"
        assert collector.spans["attempt heard:heard"].status.code == 2
        runs = await embed.aio_run_many_no_wait([{"n": 1}, {"n": 2}])
        for run in runs:
            await run.aio_result()
        await asyncio.to_thread(provider.force_flush)
        found = [await spans_of(client, run.run_id) for run in runs]
        for run, spans in zip(runs, found, strict=True):
            (attempt,) = [each for each in spans if each["name"] == "attempt embed:embed"]
            assert attempt["taskExternalId"] == run.run_id
            assert attempt["attributes"]["mattock.batch_id"]
    await client.aio_close()


def test_without_its_packages_the_engine_says_so_and_goes_on(servers: ServerFactory) -> None:
    env = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}
    server = servers.start_ready(env=env)
    assert server.stop() == 0
    assert any("mattock-engine[otel]" in line for line in server.errors)
