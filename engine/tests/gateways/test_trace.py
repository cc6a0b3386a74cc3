"""Spans that SDKs and services send: what is taken, what is kept, what is shown."""

from __future__ import annotations

import gzip
import json
import secrets
import time
from typing import Any

import pytest
import pytest_asyncio
from mattock_engine.contracts.hatchet import admin_pb2
from mattock_engine.observation import span as bounds
from mattock_engine.observation.trace import parse, place_of
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from .test_contract import trigger
from .test_refusal import PUT, task, workflow

pytestmark = pytest.mark.asyncio(loop_scope="session")
GRPC = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
PROTOBUF = {"content-type": "application/x-protobuf"}


def trace_id() -> str:
    return secrets.token_hex(16)


def request_of(trace: str, *names: str, count: int = 1, ago: float = 0.0, **attributes: str) -> Any:
    """A request with spans of a trace."""
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    request.resource_spans[0].resource.attributes.add(key="service.name").value.string_value = "shop"
    began = int((time.time() - ago) * 1e9)
    for name in names * count:
        span = scope.spans.add(
            name=name, trace_id=bytes.fromhex(trace), span_id=secrets.token_bytes(8), kind=3, start_time_unix_nano=began
        )
        span.end_time_unix_nano = began + 1_000_000
        for key, value in attributes.items():
            span.attributes.add(key=key.replace("__", ".")).value.string_value = value
    return request


async def export(client: Any, request: Any) -> Any:
    """Sends protobuf over HTTP; what was answered."""
    answer = await client.http.post("/v1/traces", content=request.SerializeToString(), headers=PROTOBUF)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == PROTOBUF["content-type"]
    return ExportTraceServiceResponse.FromString(answer.content).partial_success


async def names_of(client: Any, run_id: str) -> list[str]:
    found = await client.http.get(f"/api/v1/stable/workflow-runs/{run_id}/spans")
    assert found.status_code == 200, found.text
    return sorted(each["name"] for each in found.json()["rows"] if each["source"] == "OTLP")


@pytest_asyncio.fixture(loop_scope="session")
async def run_id(house: Any, name: str) -> str:
    await house.ours.call(PUT, workflow(task(action=f"{name}:t"), name=name), admin_pb2.CreateWorkflowVersionResponse)
    return await trigger(house.ours, name)


async def test_spans_by_http_in_protobuf_and_json_and_by_grpc(house: Any, run_id: str) -> None:
    assert (await export(house.ours, request_of(trace_id(), "plain", mattock__run_id=run_id))).rejected_spans == 0
    zipped = gzip.compress(request_of(trace_id(), "zipped", hatchet__workflow_run_id=run_id).SerializeToString())
    headers = {**PROTOBUF, "content-encoding": "gzip"}
    assert (await house.ours.http.post("/v1/traces", content=zipped, headers=headers)).status_code == 200
    await house.ours.call(GRPC, request_of(trace_id(), "grpc", hatchet__step_run_id=run_id), ExportTraceServiceResponse)
    trace, span_id, parent_id = trace_id(), secrets.token_hex(8), secrets.token_hex(8)
    now = time.time_ns()
    span = {
        "traceId": trace,
        "spanId": span_id,
        "parentSpanId": parent_id,
        "name": "json",
        "kind": 2,
        "startTimeUnixNano": str(now),
        "endTimeUnixNano": str(now + 1500),
        "attributes": [
            {"key": "mattock.task_id", "value": {"stringValue": run_id}},
            {"key": "rows", "value": {"intValue": "7"}},
            {"key": "tags", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {"boolValue": True}]}}},
        ],
        "events": [{"name": "exception", "timeUnixNano": str(now + 5), "attributes": []}],
        "status": {"code": 2, "message": "no"},
        "unknown": 1,
    }
    body = {"resourceSpans": [{"resource": {}, "scopeSpans": [{"spans": [span]}]}]}
    answer = await house.ours.http.post("/v1/traces", json=body)
    assert (answer.status_code, answer.json()) == (200, {})
    assert (await house.ours.http.post("/v1/traces", json=body)).status_code == 200
    rows = (await house.ours.http.get(f"/api/v1/stable/workflow-runs/{run_id}/spans")).json()["rows"]
    assert [each["name"] for each in rows if each["source"] == "OTLP"] == ["plain", "zipped", "grpc", "json"]
    found = rows[-1]
    assert (found["traceId"], found["spanId"], found["parentSpanId"]) == (trace, span_id, parent_id)
    assert (found["kind"], found["status"], found["statusMessage"]) == ("SERVER", "ERROR", "no")
    assert found["taskExternalId"] == run_id
    assert found["attributes"] == {"mattock.task_id": run_id, "rows": 7, "tags": ["a", True]}
    assert (found["startTimeUnixNano"], found["endTimeUnixNano"]) == (str(now), str(now + 1500))
    assert found["events"] == [{"name": "exception", "timeUnixNano": str(now + 5), "attributes": {}}]
    engine = {each["name"].split()[0]: each for each in rows if each["source"] == "ENGINE"}
    assert set(engine) == {"run", "task", "queued"}
    assert engine["queued"]["endTime"] is None
    assert engine["task"]["parentSpanId"] == engine["run"]["spanId"]


async def test_the_spans_of_a_runs_trace_come_before_and_after_those_that_name_it(house: Any, run_id: str) -> None:
    ours, stranger = trace_id(), trace_id()
    await export(house.ours, request_of(ours, "before"))
    await export(house.ours, request_of(ours, "own", mattock__run_id=run_id))
    await export(house.ours, request_of(ours, "after"))
    await export(house.ours, request_of(stranger, "of another trace"))
    assert await names_of(house.ours, run_id) == ["after", "before", "own"]
    await house.store.pool.execute("update mattock.span set stored_at = now() - interval '11 minutes'")
    await house.store.drop_partitions(30)
    assert await names_of(house.ours, run_id) == ["after", "before", "own"]
    left = await house.store.pool.fetchval("select count(*) from mattock.span where name = 'of another trace'")
    assert left == 0


async def test_a_run_that_says_where_it_stands_has_the_spans_of_that_trace(house: Any, name: str) -> None:
    await house.ours.call(PUT, workflow(task(action=f"{name}:t"), name=name), admin_pb2.CreateWorkflowVersionResponse)
    trace = trace_id()
    metadata = json.dumps({"traceparent": f"00-{trace}-{secrets.token_hex(8)}-01"})
    run_id = await trigger(house.ours, name, additional_metadata=metadata)
    await export(house.ours, request_of(trace, "the caller's"))
    assert await names_of(house.ours, run_id) == ["the caller's"]


async def test_nobody_adds_to_the_runs_of_others(house: Any, run_id: str) -> None:
    await export(house.theirs, request_of(trace_id(), "theirs", mattock__run_id=run_id))
    assert await names_of(house.ours, run_id) == []
    found = await house.theirs.http.get(f"/api/v1/stable/workflow-runs/{run_id}/spans")
    assert found.status_code == 404
    anybody = await house.ours.http.post("/v1/traces", content=b"", headers={**PROTOBUF, "authorization": "Bearer x"})
    assert anybody.status_code == 403


async def test_what_is_too_much_or_too_old_is_refused_and_told(
    house: Any, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "MAX_CALL", 20)
    monkeypatch.setattr(bounds, "MAX_RUN", 25)
    told = await export(house.ours, request_of(trace_id(), "span", count=22, mattock__run_id=run_id))
    assert (told.rejected_spans, told.error_message) == (2, "2: more than 20 spans in a call")
    told = await export(house.ours, request_of(trace_id(), "span", count=10, mattock__run_id=run_id))
    assert told.rejected_spans == 5
    assert len(await names_of(house.ours, run_id)) == 25
    told = await export(house.ours, request_of(trace_id(), "old", ago=2 * 86_400, mattock__run_id=run_id))
    assert "began more than a day ago" in told.error_message
    request = request_of(trace_id(), "short")
    request.resource_spans[0].scope_spans[0].spans[0].span_id = b"1"
    assert "ids" in (await export(house.ours, request)).error_message


async def test_long_texts_and_many_attributes_are_cut(house: Any, run_id: str) -> None:
    request = request_of(trace_id(), "n" * 500, mattock__run_id=run_id, text="x" * 5000)
    span = request.resource_spans[0].scope_spans[0].spans[0]
    for number in range(100):
        span.attributes.add(key=f"key-{number}").value.int_value = number
    span.attributes.add(key="nul").value.string_value = "a\0b"
    await export(house.ours, request)
    (found,) = [
        each
        for each in (await house.ours.http.get(f"/api/v1/stable/workflow-runs/{run_id}/spans")).json()["rows"]
        if each["source"] == "OTLP"
    ]
    assert len(found["name"]) == 200
    assert len(found["attributes"]) == 64
    assert len(found["attributes"]["text"]) == 2000


@pytest.mark.parametrize(
    ("content", "headers", "field"),
    [
        (b"\xff\xff", PROTOBUF, "body"),
        (b"{", {"content-type": "application/json"}, "body"),
        (b"[]", {"content-type": "application/json"}, "body"),
        (
            b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"xyz"}]}]}]}',
            {"content-type": "application/json"},
            "body",
        ),
        (b'{"resourceSpans":[[1]]}', {"content-type": "application/json"}, "body"),
        (b"", {"content-type": "text/plain"}, "content-type"),
        (b"abc", {**PROTOBUF, "content-encoding": "gzip"}, "body"),
        (b"abc", {**PROTOBUF, "content-encoding": "br"}, "content-encoding"),
        # An id of its own: processes that share tests must find the same ones, and what is packed bears the time.
        pytest.param(
            gzip.compress(b"\0" * 4_000_000), {**PROTOBUF, "content-encoding": "gzip"}, "body", id="larger unpacked"
        ),
    ],
)
async def test_what_is_malformed_is_named(house: Any, content: bytes, headers: dict[str, str], field: str) -> None:
    answer = await house.ours.http.post("/v1/traces", content=content, headers=headers)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, field)


async def test_a_traceparent_is_read_as_the_standard_says() -> None:
    trace, span_id = trace_id(), secrets.token_hex(8)
    assert parse(f"00-{trace}-{span_id}-01") == (trace, span_id, True)
    assert parse(f"00-{trace.upper()}-{span_id}-00") == (trace, span_id, False)
    for wrong in ("", "00", f"00-{trace}-{span_id}", f"00-{'0' * 32}-{span_id}-01", f"00-{trace}-{'0' * 16}-01"):
        assert parse(wrong) is None
    assert place_of('{"traceparent": 5}') is None
    assert place_of('{"note": "traceparent"}') is None
