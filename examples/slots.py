"""Slots: of several kinds, more than one a task, and one that is given back early.

`python examples/slots.py` runs in memory, and prints:

    mails at once: 4 of 4 slots
    videos at once, two slots each: 2
    trainings at once, with one GPU: 1
    and if each gives it back before it stores its result: more than 1
"""

from __future__ import annotations

import asyncio
from collections import Counter

import mattock.testing
from mattock import Context, Mattock

client = Mattock()
running: Counter[str] = Counter()
most: Counter[str] = Counter()


async def work(kind: str) -> None:
    """What takes a while."""
    running[kind] += 1
    most[kind] = max(most[kind], running[kind])
    await asyncio.sleep(0.05)
    running[kind] -= 1


@client.task()
async def send_mail(input: dict[str, str]) -> None:
    await work("mail")


@client.task(slots=2)
async def cut_video(input: dict[str, str]) -> None:
    await work("video")


@client.task(slots={"gpu": 1})
async def train(input: dict[str, str]) -> None:
    await work("training")


@client.task(slots={"gpu": 1})
async def train_and_store(input: dict[str, str], ctx: Context) -> None:
    ctx.release_slot()
    await work("storing")


async def main() -> None:
    async with mattock.testing.engine() as engine:
        tasks = (send_mail, cut_video, train, train_and_store)
        await engine.aio_serve(*tasks, slots={"default": 4, "gpu": 1})
        for task in tasks:
            await task.aio_run_many([{}] * 6)
        print(f"mails at once: {most['mail']} of 4 slots")
        print("videos at once, two slots each:", most["video"])
        print("trainings at once, with one GPU:", most["training"])
        early = "more than 1" if most["storing"] > 1 else "1"
        print("and if each gives it back before it stores its result:", early)


if __name__ == "__main__":
    asyncio.run(main())
