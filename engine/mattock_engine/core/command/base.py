"""What all commands are, and how an item of a batch is refused."""

from __future__ import annotations

import msgspec


class Command(msgspec.Struct, tag=True, array_like=True):
    """Base of all commands."""


class Refusal(msgspec.Struct, tag=True, array_like=True):
    """An item of a batch that was refused: gRPC code, message, field; `existing`: the run that has its key."""

    code: int
    message: str
    field: str = ""
    existing: str = ""
