"""The commit loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable

from .. import telemetry, tracing
from ..core.command import CloseSession, DetachWorker, Tick, Undelivered
from ..core.error import Code, Refused
from ..core.message import Message, attempts_of
from ..core.tenant import Tenant
from ..digest import Digests
from ..store import Batch, Fenced, Store, StoreError
from .entry import UNAVAILABLE, Entry, weight
from .holding import Held, Holding, LoadedItem, Part
from .loading import Loading
from .rebuilding import Rebuilding

logger = logging.getLogger(__name__)

# Items (triggers, reports) that one round takes, so that its transaction stays short.
ROUND_ITEMS = 2000
# Rounds are begun so many seconds apart while workers hold that many attempts, unless that many commands wait.
GATHER_SECONDS = 0.010
GATHER_FROM = 32
GATHER_ITEMS = 64
# Loads that a command may ask for, one after another, before it is applied to what is there.
MAX_LOADS = 8


class Decider:
    """Runs the commit loop.

    Args:
        store: where rounds are committed.
        release: hands messages to a session (tenant, session, messages); False if the session is gone.
        rebuilt: called with a tenant id after its state was built anew.
        clock: the time, seconds since 1970. Here, and only here, time enters the core.
    """

    def __init__(
        self,
        store: Store,
        release: Callable[[str, str, list[Message]], bool],
        rebuilt: Callable[[str], None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._release = release
        self._holding = holding = Holding(clock)
        self._loading = Loading(store, holding)
        self._rebuilding = Rebuilding(store, holding, rebuilt)
        self._held = holding.held
        self._wake = holding.wake
        self._clock = clock
        self._began = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._digests = Digests(self._release, self._onlookers)
        # Takes commands, as `Holding.submit` does: nothing stands between on the way of each of them.
        self.submit = holding.submit

    def start(self) -> None:
        """Starts the loop."""
        self._task = asyncio.create_task(self._run(), name="mattock-decider")

    async def stop(self) -> None:
        """Commits what is in the round at hand, then refuses the rest. Harmless twice, and before `start`."""
        self._holding.stopping = True
        self._wake.set()
        if self._task is not None:
            await self._task
            self._task = None
        self._digests.stop()
        if self._timer is not None:
            self._timer.cancel()
        self._holding.close()

    @property
    def hand_on(self) -> Callable[[str, Entry], None]:
        """What becomes of commands whose tenant this replica no longer owns."""
        return self._holding.hand_on

    @hand_on.setter
    def hand_on(self, hand_on: Callable[[str, Entry], None]) -> None:
        self._holding.hand_on = hand_on

    def holds(self, tenant_id: str) -> bool:
        """True if this replica owns the tenant."""
        return tenant_id in self._held

    def tenant(self, tenant_id: str) -> Tenant | None:
        """The tenant's state machine, to look at."""
        held = self._held.get(tenant_id)
        return held.tenant if held is not None else None

    def take(self, tenant_id: str, epoch: int) -> None:
        """This replica has become the owner of a tenant: builds its state."""
        held = self._held[tenant_id] = Held(tenant_id, epoch)
        telemetry.taken_over()
        self._rebuilding.begin(held)

    def drop(self, tenant_id: str) -> None:
        """This replica is no longer the owner: what waits is handed on, to be sent to the new one."""
        self._holding.drop(tenant_id)

    def replica_gone(self, replica_id: str) -> None:
        """A replica has lost its link: the sessions of its clients are over."""
        prefix = f"{replica_id}/"
        for held in self._held.values():
            if held.tenant is None:
                continue
            state = held.tenant.state
            for worker in state.workers.values():
                if worker.session.startswith(prefix):
                    self.submit(held.tenant_id, DetachWorker(worker.worker_id, worker.session))
            sessions = {session for session in state.watched_by if session.startswith(prefix)}
            listening: list[Iterable[str]] = [*state.listeners.values(), *state.metadata_listeners.values()]
            sessions.update(session for session in state.onlookers if session.startswith(prefix))
            sessions.update(session for each in listening for session in each if session.startswith(prefix))
            for session in sessions:
                self.submit(held.tenant_id, CloseSession(session))

    def _onlookers(self, tenant_id: str) -> Iterable[str]:
        """Sessions that want digests of the tenant."""
        tenant = self.tenant(tenant_id)
        return list(tenant.state.onlookers) if tenant is not None else ()

    # ---- the loop ----

    async def _run(self) -> None:
        while not self._holding.stopping:
            await self._wake.wait()
            await self._gather()
            self._wake.clear()
            now = self._holding.advance()
            taken = [self._apply(held, now) for held in self._turn()]
            if not await self._commit(taken):
                continue
            for part in taken:
                self._release_part(part)
            if any(held.inbox and held.tenant is not None for held in self._held.values()):
                self._wake.set()
                await asyncio.sleep(0)
            self._set_timer()

    async def _gather(self) -> None:
        """Under load, lets a little more come together for the round: transactions cost more than what is in them."""
        wait = self._began + GATHER_SECONDS - self._clock()
        if 0 < wait <= GATHER_SECONDS and self._in_flight() >= GATHER_FROM and self._pending() < GATHER_ITEMS:
            await asyncio.sleep(wait)
        self._began = self._clock()

    def _in_flight(self) -> int:
        """Attempts that workers hold."""
        tenants = [held.tenant for held in self._held.values() if held.tenant is not None]
        return sum(len(worker.tasks) for tenant in tenants for worker in tenant.state.workers.values())

    def _pending(self) -> int:
        """Commands that wait."""
        return sum(len(held.inbox) for held in self._held.values())

    def _turn(self) -> list[Held]:
        """The tenants of the next round: all that are ready, or one alone that must be handled with care."""
        ready = [held for held in self._held.values() if held.tenant is not None]
        careful = [held for held in ready if held.careful and held.inbox]
        return careful[:1] or ready

    def _set_timer(self) -> None:
        """Wakes the loop when the next timer of any tenant is due."""
        due = [held.next_expiry for held in self._held.values() if held.tenant is not None and held.next_expiry]
        for held in self._held.values():
            next_due = held.tenant.next_due() if held.tenant is not None else None
            if next_due is not None:
                due.append(next_due)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due:
            delay = max(0.0, min(due) - self._clock())
            self._timer = asyncio.get_running_loop().call_later(delay, self._wake.set)

    def _apply(self, held: Held, now: float) -> Part:
        """Applies what is pending for one tenant."""
        tenant = held.tenant
        assert tenant is not None
        part = Part(held, tenant)
        next_due = tenant.next_due()
        if next_due is not None and next_due <= now:
            tenant.apply(Tick(), now, part.round)
        budget = ROUND_ITEMS
        if held.careful:
            held.careful -= 1
            budget = 1
        while held.inbox and budget > 0 and not part.round.barrier:
            item = held.inbox.popleft()
            if isinstance(item, Entry):
                budget -= weight(item.command)
                self._apply_entry(held, tenant, item, now, part)
            else:
                self._apply_loaded(held, tenant, item, now, part)
                budget -= 50
        tenant.dispatch(now, part.round)
        if now >= held.next_expiry:
            self._loading.look_for_expired(held, tenant, now)
        return part

    def _apply_entry(self, held: Held, tenant: Tenant, entry: Entry, now: float, part: Part) -> None:
        if entry.deadline < now:
            entry.refuse(UNAVAILABLE)
            return
        need = tenant.missing(entry.command) if entry.loads < MAX_LOADS else None
        if need is not None:
            entry.need = need.with_earlier(entry.need)
            part.loads.append((entry.need, entry))
            return
        entry.loads = 0
        try:
            reply = tenant.apply(entry.command, now, part.round)
        except Refused as refused:
            # Refusals wait for the commit too: they may rest on what this round wrote.
            reply = refused
        except Exception as error:
            about = {"tenant_id": held.tenant_id, "task_id": getattr(entry.command, "task_id", "")}
            logger.exception("a command failed: %s", type(entry.command).__name__, extra=about)
            reply = Refused(Code.INTERNAL, f"internal error: {type(error).__name__}")
        part.entries.append(entry)
        part.replies.append(reply)

    def _apply_loaded(
        self,
        held: Held,
        tenant: Tenant,
        item: LoadedItem,
        now: float,
        part: Part,
    ) -> None:
        rows, entry, asked_by, number = item
        if asked_by is tenant:
            for loaded in rows:
                tenant.apply(loaded, now, part.round)
            tenant.load_ends(number)
            if entry is not None:
                # One load may show the need of another, and stale rows are read again; but not for ever.
                entry.loads += 1
        elif entry is not None:
            entry.loads = 0
        if entry is not None:
            self._apply_entry(held, tenant, entry, now, part)

    # ---- commit and release ----

    async def _commit(self, parts: list[Part]) -> bool:
        """Writes the rounds. False if that failed, and the tenants are being built anew."""
        seal = self._store.seal
        batches = [
            Batch(part.held.tenant_id, part.held.epoch, part.round.records, seal)
            for part in parts
            if part.round.records
        ]
        if not batches:
            return True
        began = time.perf_counter()
        try:
            await self._store.writer.commit(batches)
        except Fenced as fenced:
            telemetry.commit_failed()
            logger.warning("lost the lease of %s", ", ".join(fenced.tenant_ids))
            self._rebuilding.start_anew(parts, set(fenced.tenant_ids))
            return False
        except StoreError as error:
            telemetry.commit_failed()
            logger.warning("a commit failed, building the state anew: %s", error)
            self._rebuilding.start_anew(parts, set())
            return False
        except Exception:
            telemetry.commit_failed()
            logger.exception("a round could not be written, building the state anew")
            self._rebuilding.single_out(parts)
            self._rebuilding.start_anew(parts, set())
            return False
        telemetry.committed(time.perf_counter() - began)
        for part in parts:
            telemetry.ended(part.held.tenant_id, part.round.records, part.tenant.state.versions)
            if tracing.active is not None:
                tracing.active.ended(part.held.tenant_id, part.round.records, part.tenant.state.versions)
        return True

    def _release_part(self, part: Part) -> None:
        for entry, reply in zip(part.entries, part.replies, strict=True):
            if isinstance(reply, Refused):
                entry.refuse(reply)
            else:
                entry.reply(reply)
        self._loading.begin(part)
        for command in part.round.followups:
            if self._held.get(part.held.tenant_id) is part.held:
                self.submit(part.held.tenant_id, command)
        if part.tenant.state.onlookers:
            self._digests.add(part.held.tenant_id, part.round.records)
        for session_id, messages in part.round.messages.items():
            if not self._release(part.held.tenant_id, session_id, messages):
                self._return_assignments(part.held, messages)

    def _return_assignments(self, held: Held, messages: list[Message]) -> None:
        """The session is gone: what was assigned through it goes to others."""
        if not self._holding.has(held):
            return
        for message in messages:
            for attempt in attempts_of(message):
                self.submit(held.tenant_id, Undelivered(attempt.task_id, attempt.attempt))
