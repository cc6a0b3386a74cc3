"""Refusals of the core, each with a gRPC status code and the field that is wrong."""

from __future__ import annotations

from enum import IntEnum


class Code(IntEnum):
    """gRPC status codes that the core uses."""

    INVALID_ARGUMENT = 3
    NOT_FOUND = 5
    ALREADY_EXISTS = 6
    PERMISSION_DENIED = 7
    RESOURCE_EXHAUSTED = 8
    FAILED_PRECONDITION = 9
    UNIMPLEMENTED = 12
    INTERNAL = 13
    UNAVAILABLE = 14
    UNAUTHENTICATED = 16


class Refused(Exception):
    """A command was refused and changed nothing.

    Attributes:
        code: the gRPC status code.
        message: what is wrong and what was expected, for a person.
        field: the field of the request that is wrong, or "".
    """

    def __init__(self, code: Code, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field

    def __reduce__(self) -> tuple[type[Refused], tuple[Code, str, str]]:
        return Refused, (self.code, self.message, self.field)


def invalid(field: str, message: str) -> Refused:
    """A refusal with INVALID_ARGUMENT that names the field."""
    return Refused(Code.INVALID_ARGUMENT, f"{field}: {message}", field)
