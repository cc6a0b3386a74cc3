"""Alerts: channels, rules, and what has fired."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from .base import Body, Metadata, Pagination

ChannelKind = Literal["EMAIL", "SLACK", "WEBHOOK"]
RuleKind = Literal["FAILURES", "FAILURE_RATE", "QUEUE_AGE", "NO_WORKERS", "FEW_WORKERS", "TOKEN_EXPIRY"]


class AlertChannelRequest(Body):
    """A channel to make: `addresses` for EMAIL, `url` for SLACK and WEBHOOK. A WEBHOOK without a `secret` gets one."""

    name: str
    kind: ChannelKind
    addresses: list[str] | None = None
    url: str | None = None
    secret: str | None = None


class AlertChannelChange(Body):
    """What a channel is to be from now on; what is absent stays."""

    name: str | None = None
    addresses: list[str] | None = None
    url: str | None = None
    secret: str | None = None


class AlertChannel(Body):
    """A channel. `target` are the addresses, or the URL's host; the `secret` is shown once, when it was made."""

    metadata: Metadata
    name: str
    kind: ChannelKind
    target: str
    secret: str | None = None


class AlertChannelList(Body):
    """Channels by name."""

    rows: list[AlertChannel]


class AlertRuleRequest(Body):
    """A rule to make. What `threshold` counts depends on the kind: failed runs (FAILURES), percent of the runs that
    ended (FAILURE_RATE), seconds (QUEUE_AGE, NO_WORKERS), workers (FEW_WORKERS), days (TOKEN_EXPIRY)."""

    name: str
    kind: RuleKind
    threshold: float
    workflow: str = Field("", description="Name of a workflow; empty for all.")
    window_seconds: float = Field(300.0, description="Of FAILURES and FAILURE_RATE.")
    minimum_runs: int = Field(10, description="Of FAILURE_RATE: with fewer that ended, the rate says nothing.")
    hold_seconds: float = Field(0.0, description="How long it must hold before the alert fires.")
    repeat_seconds: float = Field(3600.0, description="After which it is told again while it holds; 0 for never.")
    channel_ids: list[UUID] = Field(default_factory=list)
    enabled: bool = True


class AlertRuleChange(Body):
    """What a rule is to be from now on; what is absent stays."""

    name: str | None = None
    threshold: float | None = None
    workflow: str | None = None
    window_seconds: float | None = None
    minimum_runs: int | None = None
    hold_seconds: float | None = None
    repeat_seconds: float | None = None
    channel_ids: list[UUID] | None = None
    enabled: bool | None = None


class AlertRule(Body):
    """A rule, and whether it holds: OK, PENDING (it holds, not yet long enough) or FIRING."""

    metadata: Metadata
    name: str
    kind: RuleKind
    threshold: float
    workflow: str
    window_seconds: float
    minimum_runs: int
    hold_seconds: float
    repeat_seconds: float
    channel_ids: list[str]
    enabled: bool
    state: Literal["OK", "PENDING", "FIRING"]
    alert_id: str | None = None


class AlertRuleList(Body):
    """Rules by name."""

    rows: list[AlertRule]


class AlertNotice(Body):
    """A message about an alert. `next_attempt_at` is there while it is tried; `problem` is why it has not arrived."""

    kind: Literal["FIRED", "REMINDER", "RESOLVED"]
    channel: str
    at: datetime
    attempts: int
    sent_at: datetime | None = None
    next_attempt_at: datetime | None = None
    problem: str | None = None


class Alert(Body):
    """An alert that has fired."""

    id: str
    rule_id: str
    rule: str
    kind: RuleKind
    workflow: str
    state: Literal["FIRING", "RESOLVED"]
    summary: str
    details: list[str]
    value: float
    fired_at: datetime
    notified_at: datetime
    resolved_at: datetime | None = None
    notices: list[AlertNotice]


class AlertList(Body):
    """A page of alerts."""

    rows: list[Alert]
    pagination: Pagination


class AlertTest(Body):
    """Asks for a test message."""

    channel_id: UUID


class AlertTested(Body):
    """Whether a test message has arrived, and why not."""

    delivered: bool
    problem: str | None = None
