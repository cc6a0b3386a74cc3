"""The engine as its gateways see it: the one door between the outside protocols and what decides.

A gateway translates; it never decides. It verifies who calls (`Principal`), turns a request into a command
(`core.command`), and turns the reply and the messages (`core.message`) back. Whether the tenant's state machine lives
in this process or in another replica makes no difference here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeVar, overload

import msgspec

from .core.command import Command
from .core.message import Message
from .observation.record import Observation
from .role import Role

T = TypeVar("T")


class Principal(msgspec.Struct, frozen=True):
    """Who calls: in which tenant, with which role, by which token or as which person.

    Attributes:
        token_id: of the token that was shown; "" for a person.
        person_id: of the person who is logged in; "" for a token.
        actor: who that is, for people: an e-mail, or a token's name.
    """

    tenant_id: str
    token_id: str
    role: Role
    person_id: str = ""
    actor: str = ""


class Session(Protocol):
    """A stream of messages to one client connection.

    The id is new in the whole cluster; commands that name a session (`AttachWorker`, `WatchRuns`, …) carry it.
    """

    id: str

    def close(self) -> None:
        """Ends it: sends `CloseSession`; nothing is delivered after that. Harmless twice."""


class EnginePort(Protocol):
    """Where gateways send commands."""

    @overload
    def call(self, tenant_id: str, command: Command) -> asyncio.Future[Any]: ...

    @overload
    def call(self, tenant_id: str, command: Command, convert: Callable[[Any], T]) -> asyncio.Future[T]: ...

    def call(
        self, tenant_id: str, command: Command, convert: Callable[[Any], Any] | None = None
    ) -> asyncio.Future[Any]:
        """Sends a command to the tenant's owner.

        Args:
            tenant_id: whose state it is about.
            command: see `core.command` for what each replies.
            convert: applied to the reply before the future gets it (saves a task per call on the hot path).

        Returns:
            A future with the converted reply, done after everything the reply depends on is committed. It raises
            `core.error.Refused`: INVALID_ARGUMENT etc. by the core's word, UNAVAILABLE while the owner moves or the
            database is down ("try again").
        """

    def open_session(
        self, tenant_id: str, deliver: Callable[[Sequence[Message]], None], reset: Callable[[], None]
    ) -> Session:
        """Opens a session.

        Args:
            tenant_id: whose.
            deliver: called with messages, in order, batched. Must not block.
            reset: called when the tenant's state machine was rebuilt (take-over, database failure): it has forgotten
                this session, and the gateway must send its `AttachWorker`, `WatchRuns`, `Listen` again.
        """

    def observe(self, tenant_id: str, observations: Sequence[Observation]) -> None:
        """Takes what tasks tell of themselves; it is stored soon, by this replica, whoever owns the tenant."""
