"""Idempotency keys: of runs with one key, one is started; the others are refused while its claim holds.

Claims are unique in the whole tenant (shared contract), and looked up in the store when a run is triggered. Memory
keeps the newest ones: those that a lookup on its way may have missed, and those that crons and schedules, which cannot
look anything up, are held against.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import key as keys
from .command import ClaimRow, TriggerItem
from .error import Code, Refused
from .round import Round
from .row import RunRow

if TYPE_CHECKING:
    from .run import Version
    from .state import State

NEWEST = 50_000
COLLISION = "idempotency key collision"


class Collision(Refused):
    """A run was not started, because another one has claimed its key."""

    def __init__(self, existing: str) -> None:
        super().__init__(Code.ALREADY_EXISTS, COLLISION, "idempotency")
        self.existing = existing


def key_of(version: Version, item: TriggerItem, metadata: str) -> str:
    """The key that a run is to claim, "" for none.

    Raises:
        Refused: the expression fails on it, or gives what can be no key.
    """
    policy = version.definition.idempotency
    return "" if policy is None else keys.key_of("idempotency.expression", policy.expression, item, metadata)


def check(state: State, key: str, run_id: str, now: float) -> None:
    """Raises `Collision` if another run has claimed the key."""
    existing = holder(state, key, run_id, now)
    if existing:
        raise Collision(existing)


def holder(state: State, key: str, run_id: str, now: float) -> str:
    """Another run that has claimed the key, "" if none has."""
    found = state.claims.get(key) or state.loaded_claims.get(key)
    return found.run_id if found is not None and found.until > now and found.run_id != run_id else ""


def take(state: State, version: Version, key: str, run_id: str, now: float, round_: Round) -> None:
    """A run that starts claims its key."""
    policy = version.definition.idempotency
    assert policy is not None
    row = ClaimRow(key, run_id, now + policy.ttl, policy.until_end)
    round_.records.claims[key] = row
    _keep(state, row)


def _keep(state: State, row: ClaimRow) -> None:
    state.claims.pop(row.key, None)
    state.claims[row.key] = row
    if len(state.claims) > NEWEST:
        del state.claims[next(iter(state.claims))]


def release(state: State, row: RunRow, round_: Round) -> None:
    """A run is final: its key is free, if it was claimed until then."""
    if row.extra is None or not row.extra.claim:
        return
    key = row.extra.claim
    found = state.claims.get(key)
    if found is not None and found.run_id == row.run_id and found.until_end:
        # Kept as over, so that what a lookup on its way reads is known to be old.
        found.until = 0.0
    own = round_.records.claims.get(key)
    if own is not None and own.run_id == row.run_id and own.until_end:
        own.until = 0.0
    round_.records.ended_claims.append((key, row.run_id))


def adopt(state: State, rows: list[ClaimRow]) -> None:
    """Makes the newest stored claims known, after a take-over."""
    for row in rows:
        _keep(state, row)
