"""The gRPC door: who calls, and how refusals are told."""

from __future__ import annotations

from google.protobuf.message import DecodeError

from ..access import InvalidToken, TokenService
from ..core.error import Refused
from ..port import Principal
from ..role import Role, of_call, require
from ..wire import Call, RpcError, Server, Status


def open_door(tokens: TokenService, max_message_bytes: int) -> Server:
    """A gRPC server that knows its callers; the gateways add their methods."""

    def authenticate(call: Call) -> None:
        text = call.metadata.get("authorization", "")
        scheme, _, token = text.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise RpcError(Status.UNAUTHENTICATED, "invalid auth token: none was sent")
        try:
            principal = call.state = tokens.verify(token)
        except InvalidToken as error:
            raise RpcError(Status.UNAUTHENTICATED, f"invalid auth token: {error}") from error
        if principal.role < Role.MEMBER:
            require(principal.role, of_call(call.path))

    return Server(max_message_bytes=max_message_bytes, authenticate=authenticate, translate=translate)


def translate(error: BaseException) -> RpcError | None:
    """A refusal, or a message that is none, as a gRPC status."""
    if isinstance(error, Refused):
        return RpcError(Status(int(error.code)), error.message)
    if isinstance(error, DecodeError):
        return RpcError(Status.INVALID_ARGUMENT, "the message is none that this method takes")
    return None


def tenant_of(call: Call) -> str:
    """The caller's tenant."""
    principal = call.state
    assert isinstance(principal, Principal)
    return principal.tenant_id
