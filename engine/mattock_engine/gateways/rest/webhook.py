"""Incoming webhooks: making, changing and looking at them. (`delivery` takes what comes.)"""

from __future__ import annotations

import json
from typing import Annotated, Any

from fastapi import APIRouter, Query

from ...core.error import Code, Refused, invalid
from ...core.expression import check_expression
from ...identity import new_id
from . import model
from .context import Caller, Context, Here, Id
from .error import not_found
from .page import Cursor, Limit, Offset, page_after
from .route import Route
from .run import Strings

router = APIRouter(prefix="/api/v1/stable/tenants/{tenant}/webhooks", tags=["webhooks"], route_class=Route)
VARIABLES = frozenset(("input", "headers"))
# What the senders of presets sign, and how.
PRESETS: dict[str, dict[str, str]] = {
    "GITHUB": {"algorithm": "SHA256", "encoding": "HEX", "signatureHeaderName": "X-Hub-Signature-256"},
    "LINEAR": {"algorithm": "SHA256", "encoding": "HEX", "signatureHeaderName": "linear-signature"},
    "STRIPE": {"algorithm": "SHA256", "encoding": "HEX", "signatureHeaderName": "Stripe-Signature"},
    "SLACK": {"algorithm": "SHA256", "encoding": "HEX", "signatureHeaderName": "X-Slack-Signature"},
    "SVIX": {"algorithm": "SHA256", "encoding": "BASE64", "signatureHeaderName": "svix-signature"},
}
WINDOW = "replayWindowSeconds"
_NEEDED = {
    "BASIC": ("username", "password"),
    "API_KEY": ("headerName", "apiKey"),
    "HMAC": ("algorithm", "encoding", "signatureHeaderName", "signingSecret"),
}


@router.get("")
async def list_webhooks(
    here: Here,
    caller: Caller,
    tenant: Id,
    offset: Offset = 0,
    limit: Limit = 50,
    source_names: Annotated[list[model.Source] | None, Query(alias="sourceNames")] = None,
    webhook_names: Annotated[Strings, Query(alias="webhookNames")] = None,
    cursor: Cursor = None,
) -> model.WebhookList:
    """Lists webhooks by name."""
    records = await here.store.webhook("list_webhooks", caller.tenant_id)
    found = [
        record
        for record in records
        if (not source_names or record["source"] in source_names)
        and (not webhook_names or record["name"] in webhook_names)
    ]
    rows, pagination = page_after(found, lambda row: (row["name"], ""), cursor, offset, limit)
    return model.WebhookList(rows=[view(caller.tenant_id, row) for row in rows], pagination=pagination)


@router.post("")
async def make_webhook(here: Here, caller: Caller, tenant: Id, body: model.WebhookRequest) -> model.Webhook:
    """Makes a webhook, whose deliveries become events."""
    check_expression("eventKeyExpression", body.event_key_expression, VARIABLES)
    if body.scope_expression:
        check_expression("scopeExpression", body.scope_expression, VARIABLES)
    auth = await here.vault.close_up(json.dumps(_auth(body.source_name, body.auth_type, body.auth)))
    found = await here.store.webhook(
        "insert_webhook",
        caller.tenant_id,
        new_id(),
        body.name,
        body.source_name,
        body.event_key_expression,
        body.scope_expression or "",
        json.dumps(body.static_payload or {}),
        bool(body.return_event_as_response_payload),
        body.auth_type,
        auth,
    )
    if not found:
        raise Refused(Code.ALREADY_EXISTS, f"name: there is a webhook {body.name!r}", "name")
    return view(caller.tenant_id, found[0])


def _auth(source: str, auth_type: model.AuthType, auth: model.WebhookAuth) -> dict[str, Any]:
    """The settings of the chosen kind, presets filled in; refuses what is missing."""
    given = auth.model_dump(by_alias=True, exclude_none=True)
    if auth_type == "HMAC":
        given = {**given, **PRESETS.get(source, {})}
    elif source in ("STRIPE", "SLACK", "SVIX"):
        raise invalid("authType", f"expected HMAC for {source}")
    for name in _NEEDED[auth_type]:
        if not given.get(name):
            raise invalid(f"auth.{name}", f"is missing; expected with authType {auth_type}")
    kept = {name: given[name] for name in _NEEDED[auth_type]}
    if WINDOW in given:
        if auth_type != "HMAC" or source not in ("GENERIC", "GITHUB"):
            raise invalid(f"auth.{WINDOW}", "is for HMAC with the source GENERIC or GITHUB")
        kept[WINDOW] = given[WINDOW]
    return kept


@router.get("/{name}")
async def get_webhook(here: Here, caller: Caller, tenant: Id, name: str) -> model.Webhook:
    """A webhook."""
    return view(caller.tenant_id, await find(here, caller.tenant_id, name))


@router.patch("/{name}")
async def change_webhook(here: Here, caller: Caller, tenant: Id, name: str, body: model.WebhookChange) -> model.Webhook:
    """Changes a webhook."""
    if body.event_key_expression is not None:
        check_expression("eventKeyExpression", body.event_key_expression, VARIABLES)
    if body.scope_expression:
        check_expression("scopeExpression", body.scope_expression, VARIABLES)
    row = await find(here, caller.tenant_id, name)
    auth = None
    if body.auth is not None:
        auth = await here.vault.close_up(json.dumps(_auth(row["source"], row["auth_type"], body.auth)))
    rows = await here.store.webhook(
        "change_webhook",
        caller.tenant_id,
        name,
        body.event_key_expression,
        body.scope_expression,
        json.dumps(body.static_payload) if body.static_payload is not None else None,
        body.return_event_as_response_payload,
        auth,
    )
    return view(caller.tenant_id, rows[0])


@router.delete("/{name}")
async def delete_webhook(here: Here, caller: Caller, tenant: Id, name: str) -> model.Webhook:
    """Deletes a webhook: what comes to it is refused from now on."""
    row = await find(here, caller.tenant_id, name)
    await here.store.webhook("delete_webhook", caller.tenant_id, name)
    return view(caller.tenant_id, row)


async def find(here: Context, tenant_id: str, name: str) -> Any:
    """A webhook's row. Raises NOT_FOUND."""
    rows = await here.store.webhook("get_webhook", tenant_id, name)
    if not rows:
        raise not_found("name", f"no webhook {name!r}")
    return rows[0]


def view(tenant_id: str, row: Any) -> model.Webhook:
    """A webhook as it is shown: without its secrets."""
    return model.Webhook(
        metadata=model.Metadata(
            id=row["webhook_id"],
            created_at=model.moment(row["created_at"]),
            updated_at=model.moment(row["updated_at"]),
        ),
        tenant_id=tenant_id,
        name=row["name"],
        source_name=row["source"],
        event_key_expression=row["key_expression"],
        scope_expression=row["scope_expression"] or None,
        static_payload=json.loads(row["payload"]) or None,
        return_event_as_response_payload=row["returns_event"],
        auth_type=row["auth_type"],
        accepted=row["accepted"],
        refused=json.loads(row["refused"]),
    )
