"""What a durable task is told by those who speak to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Update:
    """A message to a running task that wants an answer.

    Attributes:
        id: its id.
        data: what was sent.
        by: who sent it, or "".
    """

    id: str
    data: Any
    by: str


@dataclass(frozen=True)
class Approval:
    """What a person decided.

    Attributes:
        approved: yes or no.
        by: who.
        at: when.
        comment: what they wrote, or "".
        value: what they answered beside yes or no: any JSON, None if nothing.
    """

    approved: bool
    by: str
    at: datetime
    comment: str
    value: Any = None
