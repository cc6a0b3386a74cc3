"""What failed for good, or waited for too long: looked at by error, run again once the cause is gone, or let go.

`python examples/dead_letters.py` starts a server and a worker of its own, and prints:

    3 x import_file, FAILED: ConnectionError: the disk is away
    1 x send_code, EXPIRED
    run again: rows of a.csv, rows of b.csv, rows of c.csv
    left, when the other one is discarded: 0
"""

from __future__ import annotations

import asyncio
import contextlib

import mattock
from mattock import DesiredLabel, Mattock, MattockError

client = Mattock()
disk: set[str] = set()


@client.task(retries=1)
async def import_file(input: dict[str, str]) -> str:
    if not disk:
        raise ConnectionError("the disk is away")
    return f"rows of {input['name']}"


@client.task(desired_worker_labels=[DesiredLabel("phone", "on", required=True)])
async def send_code(input: dict[str, str]) -> None:
    return None


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("imports", workflows=[import_file, send_code])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()

        refs = await import_file.aio_run_many_no_wait([{"name": name} for name in ("a.csv", "b.csv", "c.csv")])
        late = await send_code.aio_run_no_wait({"to": "ann"}, ttl="200ms")
        for ref in (*refs, late):
            with contextlib.suppress(MattockError):
                await ref.aio_result()

        failed, expired = await client.dead_letters.aio_groups()
        print(f"{failed.count} x {failed.workflow_name}, {failed.reason}: {failed.error}")
        print(f"{expired.count} x {expired.workflow_name}, {expired.reason}")
        disk.add("here")
        await client.dead_letters.aio_replay(workflow_ids=[failed.workflow_id], error=failed.error)
        print("run again:", ", ".join([await ref.aio_result() for ref in refs]))
        await client.dead_letters.aio_discard(late.run_id)
        print("left, when the other one is discarded:", len(await client.dead_letters.aio_list()))

        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
