"""A backup of a server that runs, and another server that goes on from it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import asyncpg
import httpx
from mattock import Context, Mattock, SoleTask
from mattock_engine.store.embedded import EmbeddedPostgres

from .conftest import ServerFactory, read_env

EMAIL, PASSWORD = "ada@backup.example", "a horse and a battery"


def command(servers: ServerFactory, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `mattock …` as who runs the server does."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("MATTOCK_", "HATCHET_"))}
    return subprocess.run(
        [sys.executable, "-m", "mattock.cli.app", *arguments],
        env={**clean, "MATTOCK_DATA_DIR": str(servers.data_dir)},
        cwd=servers.folder,
        capture_output=True,
        text=True,
        timeout=100,
    )


def client_of(folder: Path, token: str | None = None) -> Mattock:
    env = read_env(folder / "server.env")
    return Mattock(
        token=token or env["MATTOCK_CLIENT_TOKEN"],
        host_port=env["MATTOCK_CLIENT_HOST_PORT"],
        server_url=env["MATTOCK_CLIENT_SERVER_URL"],
        tls_strategy="none",
    )


class Counted:
    """A task that says which of its runs it has done."""

    def __init__(self, client: Mattock) -> None:
        self.client = client
        self.done: Counter[str] = Counter()

        @client.task(name="counted")
        async def counted(given: dict[str, int], context: Context) -> dict[str, int]:
            self.done[context.run_id] += 1
            return {"n": given["n"] * 2}

        self.task: SoleTask[dict[str, int], dict[str, int]] = counted

    async def run(self, numbers: range) -> list[str]:
        """Starts runs; their ids."""
        return [ref.run_id for ref in await self.task.aio_run_many_no_wait([{"n": n} for n in numbers])]

    async def finish(self, count: int) -> list[str]:
        """Has a worker for so many runs of its own; their ids."""
        worker = self.client.worker("w", workflows=[self.task])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()
        ids = await self.run(range(count))
        for run_id in ids:
            await self.task.ref(run_id).aio_result()
        worker.stop()
        await serving
        return ids

    async def work(self, ids: list[str]) -> list[int]:
        """Has a worker until these runs have ended; their results."""
        worker = self.client.worker("w", workflows=[self.task])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()
        results = [(await self.task.ref(run_id).aio_result())["n"] for run_id in ids]
        worker.stop()
        await serving
        return results


async def log_in(base: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=base) as http:
        return await http.post("/api/v1/users/login", json={"email": EMAIL, "password": PASSWORD})


async def test_all_goes_on_from_a_backup(servers: ServerFactory) -> None:
    server = servers.start_ready()
    async with client_of(servers.data_dir) as client:
        settings = client.settings
        async with httpx.AsyncClient(base_url=settings.server_url, timeout=60) as http:
            invited = await http.post(
                f"/api/v1/tenants/{settings.tenant_id}/invitations",
                json={"email": EMAIL, "role": "ADMIN"},
                headers={"authorization": f"Bearer {settings.token}"},
            )
            code = invited.json()["url"].partition("code=")[2]
            body = {"code": code, "name": "Ada", "password": PASSWORD}
            assert (await http.post("/api/v1/users/invitations/accept", json=body)).status_code == 204
        before = Counted(client)
        finished = await before.finish(20)
        # No worker is there any more: they wait.
        queued = await before.run(range(100, 120))
        await client.crons.aio_create("counted", "yearly", "0 0 1 1 *", input={"n": 5})
        file = servers.folder / "mattock.backup"
        # More come while it is made; whether they are in it is a matter of a moment.
        backing_up = asyncio.create_task(asyncio.to_thread(command, servers, "backup", str(file)))
        later = []
        while not backing_up.done():
            later += await before.run(range(1))
        done = await backing_up
        assert done.returncode == 0, done.stderr
        assert later
    assert server.stop() == 0
    assert file.stat().st_mode & 0o777 == 0o600

    restored = servers.folder / "restored"
    done = command(servers, "restore", str(file), "--data-dir", str(restored))
    assert done.returncode == 0, done.stderr
    server = servers.start_ready("--data-dir", str(restored))
    # The token of before holds there, too.
    async with client_of(restored, settings.token) as client:
        after = Counted(client)
        for run_id, n in zip(finished, range(20), strict=True):
            assert (await client.runs.aio_get(run_id)).output == {"n": n * 2}
        assert await after.work(queued) == [n * 2 for n in range(100, 120)]
        assert [cron.name for cron in await client.crons.aio_list()] == ["yearly"]
        assert set(finished).isdisjoint(after.done)
        assert [after.done[run_id] for run_id in queued] == [1] * 20
        more = await after.run(range(3))
        assert await after.work(more) == [0, 2, 4]
        assert (await log_in(client.settings.server_url)).status_code == 204
    assert server.stop() == 0


async def test_a_server_that_stands_still(servers: ServerFactory) -> None:
    assert servers.start_ready().stop() == 0
    file = servers.folder / "mattock.backup"
    assert command(servers, "backup", str(file)).returncode == 0
    # It is not taken for another one's, and what is there is not overwritten.
    done = command(servers, "restore", str(file))
    assert done.returncode == 1
    assert "restore into an empty one" in done.stderr
    assert servers.start_ready().stop() == 0


async def test_a_postgres_of_ones_own(servers: ServerFactory, postgres_url: str) -> None:
    server = servers.start_ready("--database-url", postgres_url)
    file = servers.folder / "mattock.backup"
    assert command(servers, "backup", str(file), "--database-url", postgres_url).returncode == 0
    assert server.stop() == 0, server.errors
    postgres = EmbeddedPostgres(servers.folder / "another")
    url = postgres.start()
    done = command(servers, "restore", str(file), "--database-url", url)
    assert done.returncode == 0, done.stderr
    connection = await asyncpg.connect(url)
    assert await connection.fetchval("select count(*) from mattock.tenant") == 1
    assert await connection.fetchval("select count(*) from mattock.replica") == 0
    await connection.close()
    postgres.stop()


def test_what_cannot_be_done_is_said(servers: ServerFactory) -> None:
    garbage = servers.folder / "garbage"
    garbage.write_text("garbage")
    for arguments, words in (
        (["backup", "x"], ["--data-dir", "no embedded Postgres"]),
        (["backup"], ["FILE"]),
        (["restore", "nothing"], ["FILE", "nothing"]),
        (["restore", str(garbage)], ["archive"]),
        (["backup", "x", "--database-url", "postgresql://a:secret@127.0.0.1:1/x"], ["--database-url", "127.0.0.1:1"]),
    ):
        done = command(servers, *arguments)
        assert done.returncode in (1, 2), arguments
        for word in words:
            assert word in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
        assert "secret" not in done.stderr
