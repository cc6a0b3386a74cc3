"""The audit log: who did what, when, from where, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from ..identity import new_id
from ..port import Principal
from ..role import Role, of_request
from ..store import Store


@dataclass(frozen=True)
class AuditFilter:
    """Which entries are meant; "" and None do not count.

    Attributes:
        search: part of the actor, the operation or the target.
        actor: part of who did it.
        operation: the id that the contract gives it.
        refused: whether it was refused.
        since, until: from when, and before when.
    """

    search: str = ""
    actor: str = ""
    operation: str = ""
    refused: bool | None = None
    since: datetime | None = None
    until: datetime | None = None


class Audit:
    """Writes and reads the log; `store` is where it is kept."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def concerns(self, principal: Principal, method: str, operation: str) -> bool:
        """Whether it is logged: whatever a person changes, and what a token may do only as an administrator.

        What programs do all day has its trace in the runs themselves.
        """
        if method in ("GET", "HEAD"):
            return False
        return bool(principal.person_id) or of_request(method, operation) >= Role.ADMIN

    async def note(self, principal: Principal, operation: str, target: str, status: int, address: str) -> None:
        """Writes an entry.

        Args:
            principal: who.
            operation: the id that the contract gives it.
            target: the path.
            status: of the answer, as HTTP has it.
            address: where the request came from.
        """
        actor_id = principal.person_id or principal.token_id or None
        arguments = (principal.tenant_id, new_id(), principal.actor, actor_id, operation, target, status, address)
        await self._store.people("put_audit", *arguments)

    async def entries(
        self, tenant_id: str, before: str | None, wanted: AuditFilter, limit: int
    ) -> list[asyncpg.Record]:
        """Entries before one of them, the newest first.

        Args:
            tenant_id: whose.
            before: the id of the last one that was seen.
            wanted: which.
            limit: how many at most.
        """
        it = wanted
        rest = (it.actor, it.operation, it.refused, it.since, it.until)
        return await self._store.people("audit", tenant_id, before, it.search, limit, *rest)
