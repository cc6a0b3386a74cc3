"""Routes that know versions of what they show: `ETag`, `If-None-Match`, `If-Match`; and keys of requests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import Request, Response
from fastapi.routing import APIRoute

from .once import answer_once

# What changes by itself, while nobody edits.
_NAMES = """
    createdAt updatedAt nextAt problem accepted refused lastHeartbeatAt slotConfig workflowRunId workflowRunStatus
    state alertId
"""
_VOLATILE = frozenset(_NAMES.split())
# Single things that people edit.
_OPERATIONS = """
    get_cron get_schedule get_filter get_webhook get_member get_worker get_workflow
    get_tenant get_tenant_limits get_retention get_alert_channel get_alert_rule
"""
TAGGED = frozenset(_OPERATIONS.split())
CHANGING = ("PATCH", "PUT", "DELETE")
Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class Stale(Exception):
    """What was to be changed is not what the caller has seen."""


class Route(APIRoute):
    """A route of the API."""

    _shown: ClassVar[dict[str, Route]] = {}

    def __init__(self, path: str, *arguments: Any, **options: Any) -> None:
        super().__init__(path, *arguments, **options)
        if self.name in TAGGED:
            self._shown[self.path] = self

    def get_route_handler(self) -> Handler:
        """The handler, with what stands around it."""
        handler, name, methods = super().get_route_handler(), self.name, self.methods or set()

        async def handle(request: Request) -> Response:
            if "POST" in methods:
                return await answer_once(request, name, handler)
            if name in TAGGED:
                return _tagged(request, await handler(request))
            wanted = request.headers.get("if-match")
            if wanted is not None and methods & set(CHANGING):
                await self._compare(request, wanted)
            return await handler(request)

        return handle

    async def _compare(self, request: Request, wanted: str) -> None:
        """Raises `Stale` unless what is there has one of these tags."""
        route = self._shown.get(self.path)
        if route is None:
            return
        scope = {**request.scope, "method": "GET", "route": route}
        scope["headers"] = [each for each in scope["headers"] if each[0] != b"if-none-match"]
        response = await route.get_route_handler()(Request(scope, request.receive))
        if not _matches(wanted, response.headers["etag"]):
            raise Stale(f"If-Match: it has been changed meanwhile; its tag is {response.headers['etag']} now")


def tag_of(body: bytes) -> str:
    """The tag of a thing as it is shown."""
    text = json.dumps(_lasting(json.loads(body)), sort_keys=True, separators=(",", ":"))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lasting(each) for key, each in value.items() if key not in _VOLATILE}
    return [_lasting(each) for each in value] if isinstance(value, list) else value


def _tagged(request: Request, response: Response) -> Response:
    tag = tag_of(bytes(response.body))
    known = request.headers.get("if-none-match")
    if known is not None and _matches(known, tag):
        return Response(status_code=304, headers={"ETag": tag})
    response.headers["ETag"] = tag
    return response


def _matches(wanted: str, tag: str) -> bool:
    return wanted.strip() == "*" or tag in [part.strip().removeprefix("W/") for part in wanted.split(",")]
