"""Measuring: whether a rule holds now, and what to say about it.

All is read from the store, by indexes that are kept for it or by loose scans; nothing is counted while work is done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from ..core.worker import LOST_AFTER
from ..store import Store
from .rule import Rule, RuleKind
from .words import moment, span

LISTED = 5
_MAX_ERROR = 200


class Finding(msgspec.Struct):
    """What was found about a rule.

    Attributes:
        holds: it does.
        value: what its threshold is compared with.
        summary: a line for people.
        details: more lines: which runs, which workflows.
    """

    holds: bool
    value: float
    summary: str
    details: list[str] = msgspec.field(default_factory=list)


_NOTHING = Finding(False, 0.0, "")


class Gauge:
    """Measures what rules are about; `store` is where it looks."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._measures: dict[RuleKind, Callable[[Rule, float], Awaitable[Finding]]] = {
            RuleKind.FAILURES: self._failures,
            RuleKind.FAILURE_RATE: self._failure_rate,
            RuleKind.QUEUE_AGE: self._queue_age,
            RuleKind.NO_WORKERS: self._no_workers,
            RuleKind.FEW_WORKERS: self._few_workers,
            RuleKind.TOKEN_EXPIRY: self._token_expiry,
        }

    async def look(self, rule: Rule, now: float) -> Finding:
        """How a rule stands at a time."""
        return await self._measures[rule.kind](rule, now)

    async def _failures(self, rule: Rule, now: float) -> Finding:
        known, workflow_id = await self._workflow(rule)
        if not known:
            return _NOTHING
        bounds = (rule.tenant_id, now - rule.window_seconds, now, workflow_id)
        count = (await self._store.alert("count_failures", *bounds))[0]["failed"]
        noun = "run" if count == 1 else "runs"
        text = f"{count} {noun}{_of(rule)} failed within {span(rule.window_seconds)}"
        return await self._with_runs(Finding(count >= rule.threshold, count, text), bounds)

    async def _failure_rate(self, rule: Rule, now: float) -> Finding:
        known, workflow_id = await self._workflow(rule)
        if not known:
            return _NOTHING
        bounds = (rule.tenant_id, now - rule.window_seconds, now, workflow_id)
        failed = (await self._store.alert("count_failures", *bounds))[0]["failed"]
        # Without failures there is no need to count the others, who may be many.
        ended = (await self._store.alert("count_ended", *bounds))[0]["ended"] if failed else 0
        rate = 100.0 * failed / ended if ended else 0.0
        text = f"{rate:.3g} % of the runs{_of(rule)} that ended within {span(rule.window_seconds)} failed"
        holds = ended >= rule.minimum_runs and rate >= rule.threshold
        return await self._with_runs(Finding(holds, rate, f"{text} ({failed} of {ended})"), bounds)

    async def _with_runs(self, found: Finding, bounds: tuple[Any, ...]) -> Finding:
        if found.holds:
            for row in await self._store.alert("newest_failures", *bounds, LISTED):
                # A traceback tells what happened in its last line.
                lines = row["error"].strip().split("\n")
                error = lines[-1] if lines[0].startswith("Traceback") else lines[0]
                found.details.append(f"{row['workflow']} {row['run_id']}: {error[:_MAX_ERROR] or 'failed'}")
        return found

    async def _queue_age(self, rule: Rule, now: float) -> Finding:
        old = [(row["workflow"], now - row["since"]) for row in await self._queued(rule)]
        old = [(workflow, age) for workflow, age in old if age > rule.threshold]
        if not old:
            return _NOTHING
        oldest = old[0][1]
        details = [f"{workflow}: the oldest task waits for {span(age)}" for workflow, age in old[:LISTED]]
        return Finding(True, oldest, f"The oldest waiting task{_of(rule)} has waited for {span(oldest)}", details)

    async def _no_workers(self, rule: Rule, now: float) -> Finding:
        queued = [row for row in await self._queued(rule) if row["action"]]
        if not queued:
            return _NOTHING
        live = {action.lower() for row in await self._workers(rule, now) for action in row["actions"]}
        lonely = sorted({row["workflow"] for row in queued if row["action"] not in live})
        if not lonely:
            return _NOTHING
        names = ", ".join(lonely[:LISTED]) + (" and others" if len(lonely) > LISTED else "")
        waited = now - min(row["since"] for row in queued if row["action"] not in live)
        details = [f"{name}: tasks wait, and no worker can run them" for name in lonely[:LISTED]]
        return Finding(True, waited, f"Tasks of {names} wait, and no worker is there to run them", details)

    async def _few_workers(self, rule: Rule, now: float) -> Finding:
        rows = await self._workers(rule, now)
        if rule.workflow:
            prefix = f"{rule.workflow.lower()}:"
            rows = [row for row in rows if any(action.lower().startswith(prefix) for action in row["actions"])]
        count = len(rows)
        text = f"{count} {'worker is' if count == 1 else 'workers are'} there{_of(rule)}, expected {rule.threshold:g}"
        return Finding(count < rule.threshold, count, text, sorted(row["name"] for row in rows)[:LISTED])

    async def _token_expiry(self, rule: Rule, now: float) -> Finding:
        until = now + rule.threshold * 86_400
        rows = await self._store.alert("expiring_tokens", rule.tenant_id, now, until)
        if not rows:
            return _NOTHING
        noun = "API token expires" if len(rows) == 1 else "API tokens expire"
        details = [f"{row['name']}: expires at {moment(row['expires_at'])}" for row in rows[:LISTED]]
        days = (rows[0]["expires_at"] - now) / 86_400
        return Finding(True, days, f"{len(rows)} {noun} within {rule.threshold:g} days", details)

    async def _queued(self, rule: Rule) -> list[Any]:
        known, workflow_id = await self._workflow(rule)
        return await self._store.alert("oldest_queued", rule.tenant_id, workflow_id) if known else []

    async def _workers(self, rule: Rule, now: float) -> list[Any]:
        return await self._store.alert("live_workers", rule.tenant_id, now - LOST_AFTER)

    async def _workflow(self, rule: Rule) -> tuple[bool, str | None]:
        """Whether the rule's workflow is known, and its id; None for all."""
        if not rule.workflow:
            return True, None
        rows = await self._store.alert("workflow_by_name", rule.tenant_id, rule.workflow)
        return bool(rows), rows[0]["workflow_id"] if rows else None


def _of(rule: Rule) -> str:
    return f" of {rule.workflow}" if rule.workflow else ""
