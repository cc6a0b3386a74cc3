"""What starts runs when the engine dies: transactions, crons, schedules, webhooks; and what runs tell of themselves."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import httpx
import mattock
from mattock import Context, HmacAuth

from .scene import Door, Input, Scene, until


class Enqueued(Scene):
    """A run of a transaction that was committed is there; one of a transaction that was not is none."""

    def declare(self) -> None:
        self.ran: list[int] = []

        @self.client.task(name="midst-enqueue")
        async def count(input: Input) -> int:
            self.ran.append(input["n"])
            return int(input["n"])

        self.task = count
        self.workflows = (count,)

    async def hurry(self) -> None:
        connection = await asyncpg.connect(self.server.database_url)
        async with connection.transaction():
            self.ids = [await mattock.enqueue(connection, self.task, {"n": n}) for n in range(20)]
        # Never committed: it goes with the engine's Postgres, or with the connection.
        await connection.transaction().start()
        await mattock.enqueue(connection, self.task, {"n": 100})
        self.open = connection

    def dead(self) -> None:
        self.open.terminate()

    async def end(self) -> None:
        assert [await self.task.ref(run_id).aio_result() for run_id in self.ids] == list(range(20))
        assert sorted(self.ran) == list(range(20))


class Crons(Scene):
    """Missed ticks are made up for, one that is paused stays so, and a run that goes on is overlapped by none."""

    def declare(self) -> None:
        self.ticks: list[datetime] = []
        self.door = Door()
        self.paused: list[int] = []

        @self.client.task(name="midst-cron")
        async def tick(input: Input, ctx: Context) -> None:
            self.ticks.append(datetime.fromisoformat(ctx.additional_metadata["hatchet__cron_scheduled_at"]))

        @self.client.task(name="midst-overlap", execution_timeout="1h")
        async def slow(input: Input) -> None:
            await self.door.knock(1)

        @self.client.task(name="midst-paused")
        async def never(input: Input) -> None:
            self.paused.append(1)

        self.workflows = (tick, slow, never)

    async def begin(self) -> None:
        crons = self.client.crons
        off = await crons.aio_create("midst-paused", "paused", "* * * * * *", missed="all")
        await crons.aio_pause(off.cron_id)
        slow = await crons.aio_create("midst-overlap", "slow", "* * * * * *", overlap="skip")
        tick = await crons.aio_create("midst-cron", "tick", "* * * * * *", missed="all")
        self.ids = [off.cron_id, slow.cron_id, tick.cron_id]
        await self.door.until(1)
        await self._ticks(2)
        self.before = len(self.paused)

    async def _ticks(self, count: int) -> None:
        async def enough() -> bool:
            return len(self.ticks) >= count

        await until(enough)

    def dead(self) -> None:
        self.last = max(self.ticks)

    async def end(self) -> None:
        crons = {each.cron_id: each for each in await self.client.crons.aio_list() if each.cron_id in self.ids}
        assert [crons[each].enabled for each in self.ids] == [False, True, True]

        async def goes_on() -> bool:
            return max(self.ticks) > self.last + timedelta(seconds=3)

        await until(goes_on)
        assert len(self.door.came) == 1
        for cron_id in self.ids:
            await self.client.crons.aio_delete(cron_id)
        self.door.open()
        assert len(self.paused) == self.before
        seconds = (max(self.ticks) - min(self.ticks)).total_seconds()
        # One tick may be on its way still; none is missing between, and none came twice.
        assert len(set(self.ticks)) == len(self.ticks)
        assert seconds + 1 == len(self.ticks)


class Backfill(Scene):
    """Runs of a past range: all of them, each once, however often it is asked for."""

    def declare(self) -> None:
        self.ran: list[str] = []

        @self.client.task(name="midst-backfill")
        async def report(input: Input, ctx: Context) -> None:
            self.ran.append(ctx.additional_metadata["hatchet__cron_scheduled_at"])

        self.task = report
        self.workflows = (report,)

    async def begin(self) -> None:
        self.cron = await self.client.crons.aio_create("midst-backfill", "nightly", "0 3 1 * *")
        self.since, self.until = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 12, 31, tzinfo=UTC)

    async def hurry(self) -> None:
        self.ids = await self.client.crons.aio_backfill(self.cron.cron_id, self.since, self.until)

    async def end(self) -> None:
        assert len(self.ids) == 24
        await asyncio.gather(*(self.task.ref(run_id).aio_result() for run_id in self.ids))
        await self.client.crons.aio_backfill(self.cron.cron_id, self.since, self.until)
        await self.task.aio_run({}, additional_metadata={"hatchet__cron_scheduled_at": "end"})
        assert len(self.ran) == 25
        assert len(set(self.ran)) == 25


class Schedules(Scene):
    """Those that became due meanwhile fire once; one that was moved waits; one that was deleted is gone."""

    COUNT = 30

    def declare(self) -> None:
        self.ran: list[int] = []

        @self.client.task(name="midst-schedule")
        async def remind(input: Input) -> int:
            self.ran.append(input["n"])
            return int(input["n"])

        self.task = remind
        self.workflows = (remind,)

    async def _create(self, number: int, at: datetime) -> str:
        made = await self.client.schedules.aio_create("midst-schedule", at, input={"n": number})
        return made.schedule_id

    async def hurry(self) -> None:
        soon = datetime.now(UTC) + timedelta(seconds=8)
        self.ids = await asyncio.gather(*(self._create(number, soon) for number in range(self.COUNT)))
        self.moved, self.gone = await self._create(100, soon), await self._create(101, soon)
        await self.client.schedules.aio_move(self.moved, soon + timedelta(days=300))
        await self.client.schedules.aio_delete(self.gone)

    def dead(self) -> None:
        assert len(self.ran) < self.COUNT

    async def end(self) -> None:
        async def fired() -> bool:
            self.found = [await self.client.schedules.aio_get(each) for each in self.ids]
            return all(each.run_id for each in self.found)

        await until(fired)
        run_ids = [str(each.run_id) for each in self.found]
        assert [await self.task.ref(run_id).aio_result() for run_id in run_ids] == list(range(self.COUNT))
        assert sorted(self.ran) == list(range(self.COUNT))
        assert (await self.client.schedules.aio_get(self.moved)).run_id is None


class Webhook(Scene):
    """A delivery that was taken before is refused when it comes again; what was counted stays counted."""

    def declare(self) -> None:
        self.ran: list[int] = []

        @self.client.task(name="midst-webhook", on_events=["midst:push"])
        async def take(input: Input) -> None:
            self.ran.append(input["n"])

        self.workflows = (take,)

    async def _deliver(self, number: int, secret: str = "our secret") -> int:
        body = f'{{"n":{number}}}'.encode()
        digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {
            "X-Hub-Signature-256": f"sha256={digest}",
            "X-GitHub-Event": "push",
            "X-GitHub-Delivery": f"delivery-{number}",
        }
        async with httpx.AsyncClient() as sender:
            return (await sender.post(self.url, content=body, headers=headers)).status_code

    async def begin(self) -> None:
        key = "'midst:' + headers['x-github-event']"
        made = await self.client.webhooks.aio_create("midst", key, HmacAuth("our secret"), source="GITHUB")
        self.url = made.url
        assert await self._deliver(7, "a guess") == 403

    async def hurry(self) -> None:
        assert await self._deliver(1) == 204

    async def end(self) -> None:
        assert await self._deliver(1) == 403
        assert await self._deliver(2) == 204
        found = await self.client.webhooks.aio_get("midst")
        assert (found.accepted, found.refused) == (2, {"replayed": 1, "signature": 1})

        async def both() -> bool:
            return len(self.ran) == 2

        await until(both)
        assert sorted(self.ran) == [1, 2]


class Told(Scene):
    """Progress and figures of before are there; the stream goes on to who listens."""

    def declare(self) -> None:
        self.door = Door()

        @self.client.task(name="midst-told", execution_timeout="1h")
        async def tell(input: Input, ctx: Context) -> None:
            ctx.progress(0.4, "reading")
            ctx.metric("tokens", 30)
            ctx.put_stream("before")
            await self.door.knock(1)
            ctx.metric("tokens", 12)
            ctx.put_stream("after")

        self.task = tell
        self.workflows = (tell,)

    async def begin(self) -> None:
        self.heard: list[str] = []
        self.ref = await self.task.aio_run_no_wait({}, stream=True)
        self.listening = asyncio.create_task(self._listen())
        self.workflow_id = (await self.client.runs.aio_get(self.ref.run_id)).workflow_id

        async def there() -> bool:
            task = await self.client.runs.aio_get_task(self.ref.run_id)
            return bool(task.progress and self.heard and await self._tokens())

        await until(there)

    async def _listen(self) -> None:
        async for chunk in self.ref.aio_stream():
            self.heard.append(chunk)

    async def _tokens(self) -> float:
        settings = self.client.settings
        path = f"/api/v1/stable/tenants/{settings.tenant_id}/workflows/{self.workflow_id}/custom-metrics"
        headers = {"Authorization": f"Bearer {settings.token}"}
        async with httpx.AsyncClient(base_url=settings.server_url, headers=headers) as http:
            series: list[dict[str, Any]] = (await http.get(path)).json()["series"]
        return sum(float(each["sum"]) for each in series)

    async def end(self) -> None:
        progress = (await self.client.runs.aio_get_task(self.ref.run_id)).progress
        assert progress is not None
        assert (progress.fraction, progress.text) == (0.4, "reading")
        assert await self._tokens() == 30
        self.door.open()
        await self.ref.aio_result()
        await self.listening
        assert self.heard == ["before", "after"]

        async def summed() -> bool:
            return await self._tokens() == 42

        await until(summed)
        assert self.door.came == [1]
