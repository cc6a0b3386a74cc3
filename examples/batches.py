"""Batches: many runs, one call. Each run has its own input, output, retries and result.

`python examples/batches.py` starts a server and a worker of its own, and prints:

    calls to the model: 3, with 4, 4 and 2 texts
    the first vector: [5.0, 1.0]
    one that fails alone: ValueError: an empty text has no vector
"""

from __future__ import annotations

import asyncio

import mattock
from mattock import BatchContext, Mattock, RunFailed

client = Mattock()
calls: list[int] = []


@client.batch_task(batch_size=4, batch_interval="200ms", batch_key="input.model")
async def embed(texts: list[dict[str, str]], ctx: BatchContext) -> list[list[float]]:
    calls.append(len(texts))
    # One request to a model that is faster with many at once. An output that is an exception fails that run alone.
    return [[float(len(text["text"])), 1.0] if text["text"] else _refused() for text in texts]  # type: ignore[misc]


def _refused() -> ValueError:
    return ValueError("an empty text has no vector")


async def main() -> None:
    async with mattock.embedded():
        worker = client.worker("embedding", workflows=[embed])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()

        words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"]
        vectors = await embed.aio_run_many([{"model": "small", "text": word} for word in words])
        sizes = [str(size) for size in sorted(calls, reverse=True)]
        print(f"calls to the model: {len(calls)}, with {', '.join(sizes[:-1])} and {sizes[-1]} texts")
        print("the first vector:", vectors[0])
        try:
            await embed.aio_run({"model": "small", "text": ""})
        except RunFailed as failed:
            print("one that fails alone:", str(failed.tasks[0]).splitlines()[0].split(": ", 1)[-1])

        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
