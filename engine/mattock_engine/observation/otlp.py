"""Spans as OpenTelemetry's protocol sends them, in protobuf or JSON, cut to what is stored."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec
from google.protobuf import json_format
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span as Message

from ..core.error import invalid

KINDS = ("INTERNAL", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
STATUSES = ("UNSET", "OK", "ERROR")
MAX_NAME = 200
MAX_TEXT = 2_000
MAX_ATTRIBUTES = 64
MAX_EVENTS = 32
# Of all attributes of a span or of its events, as JSON.
MAX_BYTES = 32_000
_ID_FIELDS = ("traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id")


class Span(msgspec.Struct):
    """A span to be stored. Ids are lower-case hex; times are nanoseconds since 1970.

    Attributes:
        run, task: what it names, unchecked; "" for nothing.
        attributes, events: JSON.
    """

    trace_id: str
    span_id: str
    parent_id: str
    run: str
    task: str
    name: str
    kind: str
    status: str
    message: str
    service: str
    began: int
    ended: int
    attributes: str
    events: str


def decode(data: bytes) -> ExportTraceServiceRequest:
    """A request of protobuf.

    Raises:
        Refused: INVALID_ARGUMENT.
    """
    try:
        return ExportTraceServiceRequest.FromString(data)
    except DecodeError as error:
        raise invalid("body", "is no ExportTraceServiceRequest in protobuf") from error


def decode_json(data: bytes) -> ExportTraceServiceRequest:
    """A request of JSON, in which ids are hex.

    Raises:
        Refused: INVALID_ARGUMENT.
    """
    try:
        found = json.loads(data)
        if not isinstance(found, dict):
            raise ValueError("expected an object")
        for span in _spans_of(found):
            for each in (span, *span.get("links", ())):
                for name in _ID_FIELDS:
                    if each.get(name):
                        each[name] = base64.b64encode(bytes.fromhex(each[name])).decode()
        return json_format.ParseDict(found, ExportTraceServiceRequest(), ignore_unknown_fields=True)
    except (ValueError, TypeError, AttributeError, RecursionError, json_format.ParseError) as error:
        raise invalid("body", f"is no ExportTraceServiceRequest in JSON: {str(error)[:200]}") from error


def _spans_of(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for resource in body.get("resourceSpans", body.get("resource_spans", ())):
        for scope in resource.get("scopeSpans", resource.get("scope_spans", ())):
            yield from scope.get("spans", ())


def read(request: ExportTraceServiceRequest) -> Iterator[Span | None]:
    """The spans of a request; None for one that is malformed."""
    for resource in request.resource_spans:
        about = {each.key: _value(each.value) for each in resource.resource.attributes}
        service = str(about.get("service.name", ""))[:MAX_NAME]
        for scope in resource.scope_spans:
            for message in scope.spans:
                yield _span(message, service)


def _span(message: Message, service: str) -> Span | None:
    if len(message.trace_id) != 16 or len(message.span_id) != 8 or len(message.parent_span_id) not in (0, 8):
        return None
    attributes = _attributes(message.attributes)
    events = [
        {"name": each.name[:MAX_NAME], "at": str(each.time_unix_nano), "attributes": _attributes(each.attributes)}
        for each in message.events[:MAX_EVENTS]
    ]
    status = message.status.code
    return Span(
        trace_id=message.trace_id.hex(),
        span_id=message.span_id.hex(),
        parent_id=message.parent_span_id.hex(),
        run=str(attributes.get("mattock.run_id") or attributes.get("hatchet.workflow_run_id") or "").lower(),
        task=str(attributes.get("mattock.task_id") or attributes.get("hatchet.step_run_id") or "").lower(),
        name=_text(message.name)[:MAX_NAME],
        kind=KINDS[message.kind] if 0 <= message.kind < len(KINDS) else "INTERNAL",
        status=STATUSES[status] if 0 <= status < len(STATUSES) else "UNSET",
        message=_text(message.status.message),
        service=service,
        began=message.start_time_unix_nano,
        ended=max(message.start_time_unix_nano, message.end_time_unix_nano),
        attributes=_json(attributes, "{}"),
        events=_json(events, "[]"),
    )


def _json(value: Any, otherwise: str) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=str)
    return text if len(text) <= MAX_BYTES else otherwise


def _attributes(found: Iterable[KeyValue]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for each in found:
        if len(kept) == MAX_ATTRIBUTES:
            break
        kept[_text(each.key)[:MAX_NAME]] = _value(each.value)
    return kept


def _value(value: AnyValue, depth: int = 0) -> Any:
    kind = value.WhichOneof("value")
    if kind is None or depth > 4:
        return None
    if kind == "array_value":
        return [_value(each, depth + 1) for each in value.array_value.values[:MAX_ATTRIBUTES]]
    if kind == "kvlist_value":
        return {_text(each.key): _value(each.value, depth + 1) for each in value.kvlist_value.values[:MAX_ATTRIBUTES]}
    if kind == "bytes_value":
        return base64.b64encode(value.bytes_value[:MAX_TEXT]).decode()
    found = getattr(value, kind)
    if isinstance(found, str):
        return _text(found)
    # JSON knows no such numbers.
    return (
        str(found) if isinstance(found, float) and (found != found or found in (float("inf"), -float("inf"))) else found
    )


def _text(text: str) -> str:
    return text[:MAX_TEXT].replace("\0", "")


def answer(rejected: int, why: str) -> ExportTraceServiceResponse:
    """What the sender is told."""
    response = ExportTraceServiceResponse()
    if rejected:
        response.partial_success.rejected_spans = rejected
        response.partial_success.error_message = why
    return response
