"""Rules: what an alert is about, and when it fires, is told again and ends."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import msgspec

from ..core.error import invalid

MAX_NAME = 200
MAX_WINDOW_SECONDS = 86_400.0
MAX_SECONDS = 366 * 86_400.0
MIN_REPEAT_SECONDS = 60.0


class RuleKind(StrEnum):
    """What a rule looks at; the comment says what its threshold counts."""

    FAILURES = "FAILURES"  # failed runs in the window
    FAILURE_RATE = "FAILURE_RATE"  # percent of the runs that ended in the window
    QUEUE_AGE = "QUEUE_AGE"  # seconds that the oldest waiting task has waited
    NO_WORKERS = "NO_WORKERS"  # seconds in which tasks waited and no worker could run them
    FEW_WORKERS = "FEW_WORKERS"  # workers there should be
    TOKEN_EXPIRY = "TOKEN_EXPIRY"  # days until a token expires


class Rule(msgspec.Struct, kw_only=True):
    """A rule with its state.

    Attributes:
        workflow: whose runs, tasks or workers; "" for all.
        threshold: see `RuleKind`.
        window_seconds: of the kinds that count over time.
        minimum_runs: of FAILURE_RATE: with fewer that ended, the rate says nothing.
        hold_seconds: how long it must hold before an alert fires.
        repeat_seconds: after which an alert that still holds is told again; 0 for never.
        channel_ids: whom it tells.
        pending_since: since when it holds without a break, 0 if it does not.
        alert_id: the alert that has fired; None if there is none.
        notified_at: when that alert was told last.
        fired_at: when it fired.
    """

    tenant_id: str
    rule_id: str
    name: str
    kind: RuleKind
    workflow: str = ""
    threshold: float
    window_seconds: float = 300.0
    minimum_runs: int = 10
    hold_seconds: float = 0.0
    repeat_seconds: float = 3600.0
    channel_ids: list[str] = msgspec.field(default_factory=list)
    enabled: bool = True
    created_at: float = 0.0
    updated_at: float = 0.0
    pending_since: float = 0.0
    alert_id: str | None = None
    notified_at: float = 0.0
    fired_at: float = 0.0

    @property
    def patience(self) -> float:
        """Seconds that it must hold."""
        return max(self.hold_seconds, self.threshold if self.kind == RuleKind.NO_WORKERS else 0.0)


class Step(StrEnum):
    """What becomes of a rule's alert."""

    NOTHING = "nothing"
    WAIT = "wait"
    FORGET = "forget"
    FIRE = "fire"
    REMIND = "remind"
    RESOLVE = "resolve"


def next_step(rule: Rule, holds: bool, now: float) -> Step:
    """What is to be done about a rule that holds, or not, at a time.

    Returns:
        FIRE, REMIND or RESOLVE; WAIT when it begins to hold but must do so for longer, FORGET when it stopped before.
    """
    if rule.alert_id is not None:
        if not holds:
            return Step.RESOLVE
        due = rule.repeat_seconds and now >= rule.notified_at + rule.repeat_seconds
        return Step.REMIND if due else Step.NOTHING
    if not holds:
        return Step.FORGET if rule.pending_since else Step.NOTHING
    since = rule.pending_since or now
    if now - since >= rule.patience:
        return Step.FIRE
    return Step.NOTHING if rule.pending_since else Step.WAIT


def to_rule(row: Any) -> Rule:
    """A rule from its row."""
    values = dict(row)
    values["kind"] = RuleKind(values["kind"])
    return Rule(**values)


def check_rule(rule: Rule) -> Rule:
    """Lets a rule through that makes sense.

    Raises:
        Refused: INVALID_ARGUMENT naming the field of the API.
    """
    check_name(rule.name)
    if not (len(rule.workflow) <= 255 and rule.workflow.isprintable()):
        raise invalid("workflow", "expected a workflow's name, or nothing for all")
    low, high, unit = _THRESHOLDS[rule.kind]
    if not low <= rule.threshold <= high:
        raise invalid("threshold", f"expected {low:g} to {high:g} ({unit}) for {rule.kind}, got {rule.threshold:g}")
    _between("windowSeconds", rule.window_seconds, 10, MAX_WINDOW_SECONDS)
    _between("minimumRuns", rule.minimum_runs, 1, 1_000_000)
    _between("holdSeconds", rule.hold_seconds, 0, MAX_WINDOW_SECONDS)
    if rule.repeat_seconds:
        _between("repeatSeconds", rule.repeat_seconds, MIN_REPEAT_SECONDS, MAX_SECONDS, " or 0 for never")
    if rule.kind == RuleKind.TOKEN_EXPIRY and rule.workflow:
        raise invalid("workflow", "tokens are of no workflow; leave it out")
    return rule


def check_name(name: str) -> None:
    """Lets a name through that people can read.

    Raises:
        Refused: INVALID_ARGUMENT.
    """
    if not name.strip() or not name.isprintable() or len(name) > MAX_NAME:
        raise invalid("name", f"expected 1 to {MAX_NAME} printable characters")


def _between(field: str, value: float, low: float, high: float, more: str = "") -> None:
    if not low <= value <= high:
        raise invalid(field, f"expected {low:g} to {high:g}{more}, got {value:g}")


_THRESHOLDS: dict[RuleKind, tuple[float, float, str]] = {
    RuleKind.FAILURES: (1, 1e9, "failed runs"),
    RuleKind.FAILURE_RATE: (0.01, 100, "percent"),
    RuleKind.QUEUE_AGE: (1, MAX_SECONDS, "seconds"),
    RuleKind.NO_WORKERS: (1, MAX_WINDOW_SECONDS, "seconds"),
    RuleKind.FEW_WORKERS: (1, 1e6, "workers"),
    RuleKind.TOKEN_EXPIRY: (1, 366, "days"),
}
