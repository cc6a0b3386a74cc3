"""The shared contract over gRPC: what Hatchet's published SDKs call."""

from __future__ import annotations

from ...port import EnginePort
from ...store import Store
from ...wire import Server
from . import admin, durable, event, flow, log, result, run_event, trace, trigger, worker


def register(server: Server, engine: EnginePort, store: Store, max_payload_bytes: int) -> None:
    """Adds the shared contract's methods to a server."""
    worker.register(server, engine)
    result.register(server, engine)
    run_event.register(server, engine)
    log.register(server, engine)
    trigger.register(server, engine, max_payload_bytes)
    flow.register(server, engine)
    event.register(server, engine, store, max_payload_bytes)
    durable.register(server, engine, max_payload_bytes)
    admin.register(server, engine, store, max_payload_bytes)
    trace.register(server, store)
