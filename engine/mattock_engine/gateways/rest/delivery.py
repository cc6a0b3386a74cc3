"""What comes to a webhook: verified, mapped to an event, pushed. No token: the signature says who sends."""

from __future__ import annotations

import json
import re
import time
from collections import OrderedDict
from typing import Any
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from ...core.command import EventItem, PushEvents
from ...core.error import Code, Refused, invalid
from ...core.expression import ExpressionError, compiled
from ...core.submission import check_event
from ...identity import new_id
from . import model
from .context import Context, Here, Id
from .event import event_of
from .signature import BadDelivery, verify

router = APIRouter(prefix="/api/v1/stable/tenants/{tenant}/webhooks", tags=["webhooks"])
MAX_BODY_BYTES = 1 << 20
# Deliveries a second of one webhook, and how many may come at once.
RATE, BURST = 50.0, 100.0
# Seconds for which a delivery has its mark while it is worked on: if the engine dies, it can be sent again after that.
CLAIM_SECONDS = 60.0
_KEPT_BUCKETS = 10_000
_PATH = re.compile(r"/api/v1/stable/tenants/[^/]+/webhooks/[^/]+")


class Buckets:
    """How many deliveries each webhook may take now; of one process."""

    def __init__(self) -> None:
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, webhook_id: str, now: float) -> bool:
        """Takes one. False if there is none."""
        left, at = self._left.pop(webhook_id, (BURST, now))
        left = min(BURST, left + (now - at) * RATE)
        self._left[webhook_id] = (left - 1 if left >= 1 else left, now)
        if len(self._left) > _KEPT_BUCKETS:
            self._left.popitem(last=False)
        return left >= 1


_buckets = Buckets()


@router.post("/{name}", response_model=model.WebhookReply)
async def deliver(here: Here, tenant: Id, name: str, request: Request) -> Response:
    """Takes a delivery: 204, or 200 with what the sender wants to hear; 400, 403, 413 and 429 refuse it."""
    tenant_id = str(tenant)
    rows = await here.store.webhook("get_webhook", tenant_id, name)
    if not rows:
        raise invalid("name", f"no webhook {name!r}")
    row = rows[0]
    try:
        return await _take(here, tenant_id, row, request)
    except _Refusal as refusal:
        await here.store.webhook("count_delivery", tenant_id, name, refusal.reason)
        raise refusal.error from refusal


class _Refusal(Exception):
    """A refused delivery, with what it is counted under."""

    def __init__(self, reason: str, error: Refused | HTTPException) -> None:
        super().__init__(reason)
        self.reason = reason
        self.error = error


async def _take(here: Context, tenant_id: str, row: Any, request: Request) -> Response:
    if not _buckets.take(row["webhook_id"], time.monotonic()):
        raise _Refusal("rate", Refused(Code.RESOURCE_EXHAUSTED, "too many deliveries; try again later"))
    body = await _body(request, min(MAX_BODY_BYTES, here.max_payload_bytes))
    headers = {name.lower(): value for name, value in request.headers.items()}
    auth = json.loads(await here.vault.open(row["auth"]))
    try:
        mark = verify(row["source"], row["auth_type"], auth, headers, body, time.time())
    except BadDelivery as bad:
        raise _Refusal(bad.reason, Refused(Code.PERMISSION_DENIED, str(bad))) from bad
    data = _data(row["source"], headers, body)
    if row["source"] == "SLACK" and data.get("type") == "url_verification":
        return JSONResponse({"challenge": data.get("challenge", "")})
    own = (tenant_id, row["name"], mark.text)
    if mark.text and not await here.store.webhook("remember_delivery", *own, CLAIM_SECONDS):
        raise _Refusal("replayed", Refused(Code.PERMISSION_DENIED, "this delivery was taken before"))
    try:
        item = _event(row, {**data, **json.loads(row["payload"])}, headers)
        await here.engine.call(tenant_id, PushEvents([check_event(item, here.max_payload_bytes)]))
    except BaseException as error:
        if mark.text:
            # The sender may try again.
            await here.store.webhook("forget_delivery", *own)
        if isinstance(error, Refused) and error.code == Code.INVALID_ARGUMENT:
            raise _Refusal("mapping", error) from error
        raise
    if mark.text:
        await here.store.webhook("keep_delivery", *own, mark.seconds)
    await here.store.webhook("count_delivery", tenant_id, row["name"], "")
    if not row["returns_event"]:
        return Response(status_code=204)
    event = await event_of(here, tenant_id, item.event_id)
    reply = model.WebhookReply(message="ok", event=event)
    return JSONResponse(reply.model_dump(mode="json", by_alias=True, exclude_none=True))


async def _body(request: Request, limit: int) -> bytes:
    """The body, read no further than is taken."""
    body = bytearray()
    try:
        async for part in request.stream():
            body += part
            if len(body) > limit:
                raise HTTPException(413, f"the body is above the limit of {limit} bytes")
    except HTTPException as error:
        # Ours, or that of the app, whose limit may be lower.
        raise _Refusal("size", error) from error
    return bytes(body)


def is_delivery(method: str, path: str) -> bool:
    """Whether a request brings a delivery: it counts itself what it refuses."""
    return method == "POST" and _PATH.fullmatch(path) is not None


def _data(source: str, headers: dict[str, str], body: bytes) -> dict[str, Any]:
    """The body as an object: JSON, or the fields of a form."""
    try:
        if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            fields: dict[str, Any] = {name: values[0] for name, values in parse_qs(body.decode()).items()}
            if source == "SLACK" and "payload" in fields:
                fields = json.loads(fields["payload"])
            found: Any = fields
        else:
            found = json.loads(body) if body else {}
    except ValueError as error:
        raise _Refusal("body", invalid("body", "is neither JSON nor a form")) from error
    if not isinstance(found, dict):
        raise _Refusal("body", invalid("body", "expected a JSON object"))
    return found


def _event(row: Any, data: dict[str, Any], headers: dict[str, str]) -> EventItem:
    key = _text("eventKeyExpression", row["key_expression"], data, headers)
    if not key:
        raise invalid("eventKeyExpression", "gave an empty text; expected an event's key")
    scope = _text("scopeExpression", row["scope_expression"], data, headers) if row["scope_expression"] else ""
    metadata = json.dumps({"hatchet__webhook": row["name"]})
    return EventItem(new_id(), key, json.dumps(data), metadata, scope=scope)


def _text(field: str, expression: str, data: dict[str, Any], headers: dict[str, str]) -> str:
    try:
        return compiled(expression).text_value({"input": data, "headers": headers})
    except ExpressionError as error:
        raise invalid(field, str(error)) from error
