"""The watch: looks at the rules of the tenants that this replica owns, and takes messages to their channels.

State lives in the store, and each change of it is one statement that holds only if nobody was faster. So an alert fires
once however often the owner changes, and a restart repeats nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from ..access import Vault
from ..identity import new_id
from ..store import Store, StoreError
from .channel import to_channel
from .courier import Courier, SendFailed
from .gauge import Finding, Gauge
from .notice import Notice, NoticeKind, notice_of
from .rule import Rule, RuleKind, Step, next_step, to_rule

logger = logging.getLogger(__name__)

# Seconds from an attempt to the next, by the attempts before it; the first one counts from when the message was made.
BACKOFF_SECONDS = (30.0, 60.0, 300.0, 900.0, 3600.0)
ATTEMPTS = len(BACKOFF_SECONDS) + 1
# What counts many runs is looked at less often: so many times within its window.
_LOOKS_PER_WINDOW = 20
_SENT_AT_ONCE = 20
_DROP_EVERY_SECONDS = 3600.0


class Watch:
    """Evaluates rules and delivers messages.

    Args:
        store: where rules and their state are.
        owns: tells whether this replica decides for a tenant.
        vault: opens what is secret of channels.
        courier: delivers.
        url: of the dashboard, for messages.
        every_seconds: between two rounds.
        keep_days: how long alerts that are over are kept.
        clock: seconds since 1970.
    """

    def __init__(
        self,
        store: Store,
        owns: Callable[[str], bool],
        vault: Vault,
        courier: Courier,
        *,
        url: str = "",
        every_seconds: float = 10.0,
        keep_days: int = 30,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._owns = owns
        self._vault = vault
        self._courier = courier
        self._url = url
        self._every = every_seconds
        self._keep_seconds = keep_days * 86_400.0
        self._clock = clock
        self._gauge = Gauge(store)
        self._looked: dict[str, float] = {}
        self._dropped_at = 0.0

    async def run(self) -> None:
        """Goes on for ever, whatever fails."""
        await asyncio.gather(self._repeat(self.look), self._repeat(self.deliver))

    async def _repeat(self, part: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await part()
            except StoreError as error:
                logger.warning("alerts are behind, trying again: %s", error)
            except Exception:
                logger.exception("alerts failed, trying again")
            await asyncio.sleep(self._every)

    async def look(self) -> None:
        """Evaluates the rules that are due."""
        now = self._clock()
        rows = await self._store.alert("watched_rules")
        rules = [to_rule(row) for row in rows if self._owns(row["tenant_id"])]
        self._looked = {rule.rule_id: self._looked.get(rule.rule_id, 0.0) for rule in rules}
        for rule in rules:
            if now - self._looked[rule.rule_id] >= _interval(rule):
                self._looked[rule.rule_id] = now
                try:
                    await self._evaluate(rule, now)
                except StoreError:
                    raise
                except Exception:
                    # One rule's trouble is not the others'.
                    logger.exception("the alert rule %s could not be evaluated", rule.rule_id)
        if now - self._dropped_at > _DROP_EVERY_SECONDS:
            self._dropped_at = now
            await self._store.alert("drop_old", now - self._keep_seconds)

    async def _evaluate(self, rule: Rule, now: float) -> None:
        found = await self._gauge.look(rule, now)
        step = next_step(rule, found.holds, now)
        key = (rule.tenant_id, rule.rule_id)
        if step in (Step.WAIT, Step.FORGET):
            await self._store.alert("mark_pending", *key, now if step == Step.WAIT else 0.0)
        elif step == Step.FIRE:
            rule.alert_id = new_id()
            body = await self._body(rule, found, NoticeKind.FIRED, now)
            await self._store.alert("fire", *key, rule.alert_id, now, *self._told(found), body)
        elif step == Step.REMIND:
            body = await self._body(rule, found, NoticeKind.REMINDER, now)
            told = (rule.alert_id, now, rule.notified_at, *self._told(found))
            await self._store.alert("remind", *key, *told, body)
        elif step == Step.RESOLVE:
            body = await self._body(rule, found, NoticeKind.RESOLVED, now)
            await self._store.alert("resolve", *key, rule.alert_id, now, body)

    async def _body(self, rule: Rule, found: Finding, kind: NoticeKind, now: float) -> str:
        tenant = await self._store.get_tenant(rule.tenant_id)
        name = tenant["name"] if tenant is not None else rule.tenant_id
        return self._sealed(notice_of(rule, found, kind, now, name, self._url))

    def _told(self, found: Finding) -> tuple[str, str, float]:
        return found.summary, self._sealed(found.details), float(found.value)

    def _sealed(self, value: Any) -> str:
        """What is stored: it holds errors of tasks."""
        text = msgspec.json.encode(value).decode()
        return text if self._store.seal is None else self._store.seal(text)

    async def deliver(self) -> None:
        """Sends the messages that are due."""
        tenants = [row["tenant_id"] for row in await self._store.alert("due_tenants", self._clock())]
        owned = [tenant_id for tenant_id in tenants if self._owns(tenant_id)]
        if not owned:
            return
        delays = list(BACKOFF_SECONDS)
        rows = await self._store.alert("claim_notices", owned, self._clock(), delays, _SENT_AT_ONCE)
        await asyncio.gather(
            *(
                self._send(row["tenant_id"], row["notice_id"], row["channel_id"], row["body"], row["attempts"])
                for row in rows
            )
        )

    async def _send(self, tenant_id: str, notice_id: str, channel_id: str, body: str, attempts: int) -> None:
        rows = await self._store.alert("channel", tenant_id, channel_id)
        sent_at, problem = 0.0, "the channel was deleted"
        if rows:
            try:
                channel = await to_channel(self._vault, rows[0])
                await self._courier.send(channel, msgspec.json.decode(body, type=Notice), notice_id, self._clock())
                sent_at, problem = self._clock(), ""
            except SendFailed as error:
                problem = str(error)
            except Exception:
                logger.exception("a message about an alert could not be sent")
                problem = "an internal error occurred"
        if problem:
            logger.warning("an alert's message %s did not arrive (attempt %d): %s", notice_id, attempts, problem)
        given_up = not rows or attempts >= ATTEMPTS
        await self._store.alert("settle_notice", tenant_id, notice_id, sent_at, problem, given_up)


def _interval(rule: Rule) -> float:
    """Seconds between two looks at a rule; 0 for each round."""
    return rule.window_seconds / _LOOKS_PER_WINDOW if rule.kind == RuleKind.FAILURE_RATE else 0.0
