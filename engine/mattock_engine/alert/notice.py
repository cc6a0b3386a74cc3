"""Messages: what a channel is told, as text for people and as JSON for programs."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from .gauge import Finding
from .rule import Rule
from .words import moment


class NoticeKind(StrEnum):
    """What a message tells of an alert."""

    FIRED = "FIRED"
    REMINDER = "REMINDER"
    RESOLVED = "RESOLVED"
    TEST = "TEST"


_HEADS = {
    NoticeKind.FIRED: "Alert",
    NoticeKind.REMINDER: "Still",
    NoticeKind.RESOLVED: "Resolved",
    NoticeKind.TEST: "Test",
}


class Notice(msgspec.Struct, rename="camel"):
    """A message; encoded, it is the body that webhooks get.

    Attributes:
        kind: what it tells.
        at: when, in seconds since 1970.
        tenant_id: whose.
        tenant: its name.
        rule: the rule's name.
        rule_kind: what it looks at.
        workflow: of the rule; "" for all.
        summary: a line for people.
        details: more lines.
        value: what the rule's threshold is compared with.
        threshold: of the rule.
        alert_id: of the alert.
        fired_at: when the alert fired.
        url: where to look.
    """

    kind: NoticeKind
    at: float
    tenant_id: str
    tenant: str
    rule: str
    summary: str
    rule_kind: str = ""
    workflow: str = ""
    details: list[str] = msgspec.field(default_factory=list)
    value: float = 0.0
    threshold: float = 0.0
    alert_id: str = ""
    fired_at: float = 0.0
    url: str = ""

    @property
    def subject(self) -> str:
        """One line."""
        return f"[Mattock] {_HEADS[self.kind]}: {self.rule}"

    @property
    def text(self) -> str:
        """All of it for people."""
        lines = [self.summary, *(f"  {line}" for line in self.details), ""]
        lines.append(f"Tenant {self.tenant}, at {moment(self.at)}")
        if self.kind in (NoticeKind.REMINDER, NoticeKind.RESOLVED):
            lines.append(f"Fired at {moment(self.fired_at)}")
        if self.url:
            lines.append(self.url)
        return "\n".join(lines)

    def slack(self) -> dict[str, Any]:
        """As Slack's incoming webhooks, and those of its kind, read it."""
        body = "\n".join([f"*{_escape(self.subject)}*", _escape(self.text)])
        return {"text": body}


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def notice_of(rule: Rule, found: Finding, kind: NoticeKind, now: float, tenant: str, url: str) -> Notice:
    """What a rule's channels are told."""
    resolved = kind == NoticeKind.RESOLVED
    return Notice(
        kind,
        now,
        rule.tenant_id,
        tenant,
        rule.name,
        f"It does not hold any more: {rule.name}" if resolved else found.summary,
        rule.kind,
        rule.workflow,
        [] if resolved else found.details,
        found.value,
        rule.threshold,
        rule.alert_id or "",
        rule.fired_at or now,
        url,
    )
