"""The book of alerts: channels and rules as administrators keep them, and what has fired."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg
import msgspec

from ..access import Vault
from ..core.error import Code, Refused, invalid
from ..identity import new_id
from ..store import Store
from .channel import Channel, ChannelKind, check_channel, new_secret, seal_target, to_channel
from .courier import Courier, SendFailed
from .notice import Notice, NoticeKind
from .rule import Rule, check_rule, to_rule

MAX_CHANNELS = 100
MAX_RULES = 200


class Alerts:
    """Keeps channels and rules.

    Args:
        store: where.
        vault: encrypts what is secret of channels.
        courier: delivers test messages.
        clock: seconds since 1970.
    """

    def __init__(self, store: Store, vault: Vault, courier: Courier, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._vault = vault
        self._courier = courier
        self._clock = clock

    async def channels(self, tenant_id: str) -> list[Channel]:
        """A tenant's channels by name."""
        return [await to_channel(self._vault, row) for row in await self._store.alert("channels", tenant_id)]

    async def channel(self, tenant_id: str, channel_id: str) -> Channel:
        """A channel.

        Raises:
            Refused: NOT_FOUND.
        """
        rows = await self._store.alert("channel", tenant_id, channel_id)
        if not rows:
            raise _unknown("channel", channel_id)
        return await to_channel(self._vault, rows[0])

    async def make_channel(self, tenant_id: str, channel: Channel) -> Channel:
        """Makes a channel; a webhook without a secret gets one.

        Raises:
            Refused: INVALID_ARGUMENT naming the field; ALREADY_EXISTS for a name that is taken; FAILED_PRECONDITION for
                e-mail that the server cannot send.
        """
        if channel.kind == ChannelKind.EMAIL and not self._courier.smtp.host:
            text = "kind: this server sends no e-mail; give it the setting smtp_host"
            raise Refused(Code.FAILED_PRECONDITION, text, "kind")
        if channel.kind == ChannelKind.WEBHOOK and not channel.target.secret:
            channel.target.secret = new_secret()
        check_channel(channel)
        _have_room("channels", len(await self._store.alert("channels", tenant_id)), MAX_CHANNELS)
        channel.channel_id = new_id()
        sealed, now = await seal_target(self._vault, channel.target), self._clock()
        values = (channel.channel_id, channel.name, channel.kind, sealed, channel.target.shown, now)
        rows = await self._store.alert("put_channel", tenant_id, *values)
        if not rows:
            raise _taken("channel", channel.name)
        channel.created_at = channel.updated_at = now
        return channel

    async def change_channel(self, tenant_id: str, channel: Channel) -> Channel:
        """Keeps a channel as it is from now on.

        Raises:
            Refused: see `make_channel`; NOT_FOUND.
        """
        check_channel(channel)
        sealed, now = await seal_target(self._vault, channel.target), self._clock()
        values = (channel.channel_id, channel.name, sealed, channel.target.shown, now)
        try:
            rows = await self._store.alert("change_channel", tenant_id, *values)
        except asyncpg.UniqueViolationError:
            raise _taken("channel", channel.name) from None
        if not rows:
            raise _unknown("channel", channel.channel_id)
        channel.updated_at = now
        return channel

    async def drop_channel(self, tenant_id: str, channel_id: str) -> None:
        """Deletes a channel. Raises NOT_FOUND."""
        if not await self._store.alert("drop_channel", tenant_id, channel_id):
            raise _unknown("channel", channel_id)

    async def test(self, tenant_id: str, channel_id: str, by: str) -> str:
        """Sends a test message now.

        Args:
            tenant_id: whose.
            channel_id: where to.
            by: who asks for it.

        Returns:
            Why it did not arrive; "" if it did.

        Raises:
            Refused: NOT_FOUND.
        """
        channel = await self.channel(tenant_id, channel_id)
        tenant = await self._store.get_tenant(tenant_id)
        name = tenant["name"] if tenant is not None else ""
        text = f"A test of the channel {channel.name}, asked for by {by}."
        notice = Notice(NoticeKind.TEST, self._clock(), tenant_id, name, channel.name, text)
        try:
            await self._courier.send(channel, notice, new_id(), notice.at)
        except SendFailed as error:
            return str(error)
        return ""

    async def rules(self, tenant_id: str) -> list[Rule]:
        """A tenant's rules by name."""
        return [to_rule(row) for row in await self._store.alert("rules", tenant_id, None)]

    async def rule(self, tenant_id: str, rule_id: str) -> Rule:
        """A rule. Raises NOT_FOUND."""
        rows = await self._store.alert("rules", tenant_id, rule_id)
        if not rows:
            raise _unknown("rule", rule_id)
        return to_rule(rows[0])

    async def make_rule(self, rule: Rule) -> Rule:
        """Makes a rule.

        Raises:
            Refused: INVALID_ARGUMENT naming the field; ALREADY_EXISTS for a name that is taken.
        """
        await self._check(rule)
        _have_room("rules", len(await self._store.alert("rules", rule.tenant_id, None)), MAX_RULES)
        rule.rule_id, now = new_id(), self._clock()
        if not await self._store.alert("put_rule", rule.tenant_id, rule.rule_id, *_values(rule), now):
            raise _taken("rule", rule.name)
        return await self.rule(rule.tenant_id, rule.rule_id)

    async def change_rule(self, rule: Rule) -> Rule:
        """Keeps a rule as it is from now on; switched off, its alert ends.

        Raises:
            Refused: see `make_rule`; NOT_FOUND.
        """
        await self._check(rule)
        values = (rule.tenant_id, rule.rule_id, *_values(rule), self._clock())
        try:
            rows = await self._store.alert("change_rule", *values)
        except asyncpg.UniqueViolationError:
            raise _taken("rule", rule.name) from None
        if not rows:
            raise _unknown("rule", rule.rule_id)
        return await self.rule(rule.tenant_id, rule.rule_id)

    async def drop_rule(self, tenant_id: str, rule_id: str) -> None:
        """Deletes a rule; its alert ends without a word. Raises NOT_FOUND."""
        if not await self._store.alert("drop_rule", tenant_id, rule_id, self._clock()):
            raise _unknown("rule", rule_id)

    async def fired(
        self,
        tenant_id: str,
        active: bool | None,
        limit: int,
        offset: int,
        after: tuple[bool, float, UUID] | None = None,
    ) -> list[tuple[Any, list[Any], list[str]]]:
        """Alerts, those that hold first, then the newest; with the messages about each, and the lines of its details.

        Args:
            tenant_id: whose.
            active: only those that hold, or only the others; None for all.
            limit: how many at most.
            offset: how many to leave out.
            after: whether the last one that is known is over, when it fired, and its id.
        """
        rows = await self._store.alert("list_alerts", tenant_id, active, limit, offset, *(after or (None,) * 3))
        notices: dict[str, list[Any]] = {row["alert_id"]: [] for row in rows}
        for notice in await self._store.alert("notices", tenant_id, list(notices)):
            notices[notice["alert_id"]].append(notice)
        return [(row, notices[row["alert_id"]], msgspec.json.decode(row["details"])) for row in rows]

    async def _check(self, rule: Rule) -> None:
        check_rule(rule)
        known = {channel.channel_id for channel in await self.channels(rule.tenant_id)}
        for channel_id in rule.channel_ids:
            if channel_id not in known:
                raise invalid("channelIds", f"there is no channel {channel_id}")


def _values(rule: Rule) -> tuple[Any, ...]:
    times = (rule.threshold, rule.window_seconds, rule.minimum_runs, rule.hold_seconds, rule.repeat_seconds)
    return (rule.name, rule.kind, rule.workflow, *times, rule.channel_ids, rule.enabled)


def _have_room(what: str, count: int, limit: int) -> None:
    if count >= limit:
        raise Refused(Code.RESOURCE_EXHAUSTED, f"{what}: a tenant has {limit} at most")


def _unknown(what: str, known_by: str) -> Refused:
    return Refused(Code.NOT_FOUND, f"{what}: no {what} {known_by}", what)


def _taken(what: str, name: str) -> Refused:
    return Refused(Code.ALREADY_EXISTS, f"name: there is a {what} {name!r}", "name")
