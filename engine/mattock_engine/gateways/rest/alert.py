"""Alerts: channels, rules, a test message, and what has fired."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import APIRouter, Query, Response

from ...alert import Channel, ChannelKind, Rule, RuleKind
from ...alert.channel import Target
from ...core.error import invalid
from . import model
from .context import Caller, Here, Id
from .cursor import place_of
from .page import Cursor, Limit, Offset, page_of, with_cursor
from .route import Route

router = APIRouter(prefix="/api/v1/stable/tenants/{tenant}", tags=["alerts"], route_class=Route)


@router.get("/alerts")
async def list_alerts(
    here: Here,
    caller: Caller,
    tenant: Id,
    active: Annotated[bool | None, Query(description="Only those that hold, or only the others.")] = None,
    offset: Offset = 0,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> model.AlertList:
    """Lists alerts that have fired: those that hold first, then the newest."""
    after = place_of(cursor, tuple[bool, float, UUID]) if cursor else None
    offset = 0 if cursor else offset
    found = await here.alerts.fired(caller.tenant_id, active, limit + 1, offset, after)
    rows, pagination = page_of(found, offset, limit)
    if rows:
        last = rows[-1][0]
        with_cursor(pagination, (last["resolved_at"] != 0, last["fired_at"], last["alert_id"]))
    return model.AlertList(rows=[_alert(*row) for row in rows], pagination=pagination)


@router.post("/alerts/test")
async def test_alert(here: Here, caller: Caller, tenant: Id, body: model.AlertTest) -> model.AlertTested:
    """Sends a test message to a channel, now, and says whether it arrived."""
    problem = await here.alerts.test(caller.tenant_id, str(body.channel_id), caller.actor)
    return model.AlertTested(delivered=not problem, problem=problem or None)


@router.get("/alert-channels")
async def list_alert_channels(here: Here, caller: Caller, tenant: Id) -> model.AlertChannelList:
    """Lists channels."""
    return model.AlertChannelList(rows=[_channel(each) for each in await here.alerts.channels(caller.tenant_id)])


@router.post("/alert-channels", status_code=201)
async def make_alert_channel(
    here: Here, caller: Caller, tenant: Id, body: model.AlertChannelRequest
) -> model.AlertChannel:
    """Makes a channel. The secret of a webhook is in the answer, this once."""
    target = _target(Target(), ChannelKind(body.kind), body)
    channel = Channel(channel_id="", name=body.name, kind=ChannelKind(body.kind), target=target)
    made = await here.alerts.make_channel(caller.tenant_id, channel)
    return _channel(made, made.target.secret or None)


@router.get("/alert-channels/{channel}")
async def get_alert_channel(here: Here, caller: Caller, tenant: Id, channel: Id) -> model.AlertChannel:
    """A channel, without its secrets."""
    return _channel(await here.alerts.channel(caller.tenant_id, str(channel)))


@router.patch("/alert-channels/{channel}")
async def change_alert_channel(
    here: Here, caller: Caller, tenant: Id, channel: Id, body: model.AlertChannelChange
) -> model.AlertChannel:
    """Changes a channel."""
    known = await here.alerts.channel(caller.tenant_id, str(channel))
    target = _target(known.target, known.kind, body)
    changed = msgspec.structs.replace(known, name=known.name if body.name is None else body.name, target=target)
    return _channel(await here.alerts.change_channel(caller.tenant_id, changed))


@router.delete("/alert-channels/{channel}", status_code=204, response_class=Response)
async def drop_alert_channel(here: Here, caller: Caller, tenant: Id, channel: Id) -> None:
    """Deletes a channel; rules go on without it."""
    await here.alerts.drop_channel(caller.tenant_id, str(channel))


@router.get("/alert-rules")
async def list_alert_rules(here: Here, caller: Caller, tenant: Id) -> model.AlertRuleList:
    """Lists rules, and whether they hold."""
    return model.AlertRuleList(rows=[_rule(each) for each in await here.alerts.rules(caller.tenant_id)])


@router.post("/alert-rules", status_code=201)
async def make_alert_rule(here: Here, caller: Caller, tenant: Id, body: model.AlertRuleRequest) -> model.AlertRule:
    """Makes a rule."""
    values = body.model_dump(exclude={"channel_ids", "kind"})
    ids = [str(each) for each in dict.fromkeys(body.channel_ids)]
    rule = Rule(tenant_id=caller.tenant_id, rule_id="", kind=RuleKind(body.kind), channel_ids=ids, **values)
    return _rule(await here.alerts.make_rule(rule))


@router.get("/alert-rules/{rule}")
async def get_alert_rule(here: Here, caller: Caller, tenant: Id, rule: Id) -> model.AlertRule:
    """A rule, and whether it holds."""
    return _rule(await here.alerts.rule(caller.tenant_id, str(rule)))


@router.patch("/alert-rules/{rule}")
async def change_alert_rule(
    here: Here, caller: Caller, tenant: Id, rule: Id, body: model.AlertRuleChange
) -> model.AlertRule:
    """Changes a rule; switched off, its alert ends."""
    known = await here.alerts.rule(caller.tenant_id, str(rule))
    values = body.model_dump(exclude={"channel_ids"}, exclude_none=True)
    if body.channel_ids is not None:
        values["channel_ids"] = [str(each) for each in dict.fromkeys(body.channel_ids)]
    return _rule(await here.alerts.change_rule(msgspec.structs.replace(known, **values)))


@router.delete("/alert-rules/{rule}", status_code=204, response_class=Response)
async def drop_alert_rule(here: Here, caller: Caller, tenant: Id, rule: Id) -> None:
    """Deletes a rule; its alert ends without a word."""
    await here.alerts.drop_rule(caller.tenant_id, str(rule))


def _target(known: Target, kind: ChannelKind, body: model.AlertChannelRequest | model.AlertChannelChange) -> Target:
    """A channel's target with what is given; refuses what its kind has no use for."""
    fields = {ChannelKind.EMAIL: ("addresses",), ChannelKind.SLACK: ("url",), ChannelKind.WEBHOOK: ("url", "secret")}
    given = {name: getattr(body, name) for name in ("addresses", "url", "secret") if getattr(body, name) is not None}
    for name in given:
        if name not in fields[kind]:
            raise invalid(name, f"a channel of kind {kind} has {' and '.join(fields[kind])}")
    return msgspec.structs.replace(known, **given)


def _metadata(known_by: str, created_at: float, updated_at: float) -> model.Metadata:
    return model.Metadata(id=known_by, created_at=model.moment(created_at), updated_at=model.moment(updated_at))


def _channel(channel: Channel, secret: str | None = None) -> model.AlertChannel:
    return model.AlertChannel(
        metadata=_metadata(channel.channel_id, channel.created_at, channel.updated_at),
        name=channel.name,
        kind=channel.kind.value,
        target=channel.target.shown,
        secret=secret,
    )


def _rule(rule: Rule) -> model.AlertRule:
    return model.AlertRule(
        metadata=_metadata(rule.rule_id, rule.created_at, rule.updated_at),
        name=rule.name,
        kind=rule.kind.value,
        threshold=rule.threshold,
        workflow=rule.workflow,
        window_seconds=rule.window_seconds,
        minimum_runs=rule.minimum_runs,
        hold_seconds=rule.hold_seconds,
        repeat_seconds=rule.repeat_seconds,
        channel_ids=rule.channel_ids,
        enabled=rule.enabled,
        state="FIRING" if rule.alert_id else "PENDING" if rule.pending_since else "OK",
        alert_id=rule.alert_id,
    )


def _alert(row: Any, notices: list[Any], details: list[str]) -> model.Alert:
    return model.Alert(
        id=row["alert_id"],
        rule_id=row["rule_id"],
        rule=row["rule"],
        kind=row["kind"],
        workflow=row["workflow"],
        state="RESOLVED" if row["resolved_at"] else "FIRING",
        summary=row["summary"],
        details=details,
        value=row["value"],
        fired_at=model.moment(row["fired_at"]),
        notified_at=model.moment(row["notified_at"]),
        resolved_at=model.moment_or_none(row["resolved_at"]),
        notices=[_notice(each) for each in notices],
    )


def _notice(row: Any) -> model.AlertNotice:
    return model.AlertNotice(
        kind=row["kind"],
        channel=row["channel"] or "a deleted channel",
        at=model.moment(row["at"]),
        attempts=row["attempts"],
        sent_at=model.moment_or_none(row["sent_at"]),
        next_attempt_at=model.moment_or_none(row["due_at"] or 0.0),
        problem=row["problem"] or None,
    )
