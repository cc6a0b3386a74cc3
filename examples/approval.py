"""Ask a person: a durable task that waits until somebody says yes or no, and knows who and when.

`python examples/approval.py` starts a server and a worker of its own, and prints:

    asked: Refund 80 to Ada?
    refunded, said Bob: of course
    and the next one, by a program: refused, said Eve: not again
    asked, with a second to answer: given up
"""

from __future__ import annotations

import asyncio

import httpx
import mattock
from mattock import DurableContext, Mattock, PendingApproval

client = Mattock()


@client.durable_task()
async def refund(input: dict[str, str], ctx: DurableContext) -> str:
    approval = await ctx.aio_wait_for_approval("refund", title=input["title"], within=input["within"])
    if approval is None:
        return "given up"
    answer = "refunded" if approval.approved else "refused"
    return f"{answer}, said {approval.by}: {approval.comment}"


async def asked() -> PendingApproval:
    """What is asked, once it is."""
    while not (found := await client.durable.aio_approvals()):
        await asyncio.sleep(0.05)
    return found[0]


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("refunds", workflows=[refund])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()

        ref = await refund.aio_run_no_wait({"title": "Refund 80 to Ada?", "within": "3d"})
        pending = await asked()
        print("asked:", pending.title)
        # What the form behind the link sends: whoever has the link may answer, without an account.
        async with httpx.AsyncClient() as browser:
            answer = {"decision": "approve", "by": "Bob", "comment": "of course"}
            (await browser.post(pending.url, data=answer)).raise_for_status()
        print(await ref.aio_result())

        ref = await refund.aio_run_no_wait({"title": "Refund 85 to Ada?", "within": "3d"})
        pending = await asked()
        await client.durable.aio_approve(ref.run_id, pending.key, by="Eve", approved=False, comment="not again")
        print("and the next one, by a program:", await ref.aio_result())

        print("asked, with a second to answer:", await refund.aio_run({"title": "Refund 90?", "within": "1s"}))
        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
