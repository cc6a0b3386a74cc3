"""Writes the audit log: what is asked for, by whom, and how it ends, before the answer goes out."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ...access import Audit
from ...store import DatabaseDown

logger = logging.getLogger(__name__)


class Witness:
    """Stands around the routes; `audit` is where it writes, None for nowhere."""

    def __init__(self, app: ASGIApp, audit: Audit | None) -> None:
        self._app = app
        self._audit = audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        audit = self._audit
        if audit is None or scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return

        async def noted(message: Message) -> None:
            if message["type"] == "http.response.start":
                await self._note(audit, scope, message["status"])
            await send(message)

        await self._app(scope, receive, noted)

    async def _note(self, audit: Audit, scope: Scope, status: int) -> None:
        principal = scope.get("state", {}).get("principal")
        operation = getattr(scope.get("route"), "name", "")
        if principal is None or not audit.concerns(principal, scope["method"], operation):
            return
        address = scope["client"][0] if scope.get("client") else ""
        try:
            await audit.note(principal, operation, scope["path"], status, address)
        except DatabaseDown as error:
            # It has happened: an answer that denies it would be worse than a gap in the log.
            logger.error("the audit log lacks %s by %s: %s", operation, principal.actor, error)
