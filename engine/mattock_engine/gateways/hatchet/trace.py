"""Spans of OpenTelemetry, by its own service on the same port: SDKs with tracing on send them here."""

from __future__ import annotations

from ...observation.otlp import decode
from ...observation.span import take_spans
from ...store import Store
from ...wire import Call, Server
from ..door import tenant_of


def register(server: Server, store: Store) -> None:
    """Adds the method."""

    async def export(request: bytes, call: Call) -> bytes:
        answer = await take_spans(store, tenant_of(call), decode(request))
        return answer.SerializeToString()

    server.unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export", export)
