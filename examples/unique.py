"""One run of a key: the first of a period, one at a time; and runs that give up when they have waited for too long.

`python examples/unique.py` runs in memory, and prints:

    of 4 clicks within a minute: started, refused, refused, started
    a second import of the same file: refused while the first one runs
    and when it has ended: imported
    a code that nobody sent in time: no worker took it in time
"""

from __future__ import annotations

import asyncio

import mattock.testing
from mattock import DesiredLabel, Idempotency, Mattock, RunFailed, TriggerError

client = Mattock()
begun, go = asyncio.Event(), asyncio.Event()


# Throttled: the first one of each half minute.
@client.task(idempotency=Idempotency("'refresh/' + input.user", ttl="30s"))
async def refresh(input: dict[str, str]) -> None:
    return None


@client.task(idempotency=Idempotency("'import/' + input.file", ttl="1d", until_end=True))
async def import_file(input: dict[str, str]) -> str:
    begun.set()
    await go.wait()
    return "imported"


@client.task(desired_worker_labels=[DesiredLabel("phone", "on", required=True)])
async def send_code(input: dict[str, str]) -> None:
    return None


async def main() -> None:
    async with mattock.testing.engine(refresh, import_file, send_code) as engine:
        clicks = []
        for _ in range(4):
            try:
                await refresh.aio_run_no_wait({"user": "ann"})
                clicks.append("started")
            except TriggerError:
                clicks.append("refused")
            await engine.aio_sleep("12s")
        print("of 4 clicks within a minute:", ", ".join(clicks))

        first = await import_file.aio_run_no_wait({"file": "a.csv"})
        await begun.wait()
        try:
            await import_file.aio_run_no_wait({"file": "a.csv"})
        except TriggerError as refused:
            held = refused.existing_run_id == first.run_id
            print("a second import of the same file: refused", "while the first one runs" if held else "")
        go.set()
        await first.aio_result()
        print("and when it has ended:", await import_file.aio_run({"file": "a.csv"}))

        late = await send_code.aio_run_no_wait({"to": "ann"}, ttl="30s")
        try:
            await late.aio_result()
        except RunFailed as failed:
            print("a code that nobody sent in time:", failed.tasks[0].message.rpartition(": ")[2])


if __name__ == "__main__":
    asyncio.run(main())
