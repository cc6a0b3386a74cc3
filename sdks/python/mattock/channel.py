"""The gRPC channel, and what all calls on it share."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from typing import Any, TypeVar, cast

import grpc
import grpc.aio

from .error import RequestError
from .setting import ClientSettings

WORK = "/mattock.v1.SessionService/Work"
CALL = "/mattock.v1.SessionService/Call"
PUT_WORKFLOW = "/mattock.v1.WorkflowService/PutWorkflow"

_FIELD = re.compile(r"([\w.\-\[\]]+): ")

E = TypeVar("E", bound=RequestError)

# These do not get better by trying again.
PERMANENT = frozenset(
    (
        grpc.StatusCode.UNAUTHENTICATED,
        grpc.StatusCode.PERMISSION_DENIED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INVALID_ARGUMENT,
    )
)

_OPTIONS = (
    # The server decides how much it sends at once.
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    # Reconnecting is paced by `Backoff`; the channel must not be slower.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
)


# Channels in place of the network's, by `host_port`: those of `mattock.testing`.
CHANNELS: dict[str, Callable[[], Any]] = {}


def open_channel(settings: ClientSettings) -> grpc.aio.Channel:
    """A channel to the server; belongs to the event loop that it is opened in."""
    if settings.host_port in CHANNELS:
        return cast(grpc.aio.Channel, CHANNELS[settings.host_port]())
    if settings.tls_strategy == "none":
        return grpc.aio.insecure_channel(settings.host_port, options=_OPTIONS)
    mutual = settings.tls_strategy == "mtls"
    credentials = grpc.ssl_channel_credentials(
        root_certificates=settings.read_file("tls_root_ca_file"),
        private_key=settings.read_file("tls_key_file") if mutual else None,
        certificate_chain=settings.read_file("tls_cert_file") if mutual else None,
    )
    name = settings.tls_server_name
    options = (*_OPTIONS, ("grpc.ssl_target_name_override", name)) if name else _OPTIONS
    return grpc.aio.secure_channel(settings.host_port, credentials, options=options)


def authorization(settings: ClientSettings) -> tuple[tuple[str, str], ...]:
    """The metadata of each call."""
    return (("authorization", f"bearer {settings.token}"),)


def code_number(error: grpc.aio.AioRpcError) -> int:
    """The number of a gRPC status."""
    return int(error.code().value[0])


def request_error(error: grpc.aio.AioRpcError, kind: type[E]) -> E:
    """The SDK's error for a call that failed; a detail "field: …" names the field."""
    text = error.details() or error.code().name
    field = _FIELD.match(text)
    return kind(text, code_number(error), field[1] if field else "")


class Backoff:
    """Delays between attempts: doubling from 50 ms to `longest` seconds, each with jitter."""

    def __init__(self, longest: float = 5.0) -> None:
        self._longest = longest
        self._failures = 0

    def reset(self) -> None:
        """It has worked: begin anew."""
        self._failures = 0

    def next(self) -> float:
        """The next delay in seconds."""
        cap = min(self._longest, 0.05 * 2**self._failures)
        self._failures = min(self._failures + 1, 16)
        return random.uniform(cap / 2, cap)
