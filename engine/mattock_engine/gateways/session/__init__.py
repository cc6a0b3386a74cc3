"""mattock.v1 over gRPC: batched sessions of workers and callers, and registration."""

from __future__ import annotations

from ...port import EnginePort
from ...wire import Server
from . import caller, registration, worker


def register(server: Server, engine: EnginePort, max_payload_bytes: int) -> None:
    """Adds the methods of mattock.v1 to a server."""
    server.stream_callback(
        "/mattock.v1.SessionService/Work", lambda call: worker.WorkStream(engine, call, max_payload_bytes)
    )
    server.stream_callback(
        "/mattock.v1.SessionService/Call", lambda call: caller.CallStream(engine, call, max_payload_bytes)
    )
    registration.register(server, engine)
