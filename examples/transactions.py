"""A run that exists exactly if the transaction that enqueues it commits: an order and its invoice, or neither.

`python examples/transactions.py` starts a server and a worker of its own, and prints:

    rolled back: 0 orders, 0 invoices
    committed: 1 orders, 1 invoices
    from plain SQL: invoice for order 2
"""

from __future__ import annotations

import asyncio

import asyncpg
import mattock
from mattock import Mattock

client = Mattock()
invoices: list[int] = []


@client.task()
async def invoice(input: dict[str, int]) -> str:
    invoices.append(input["order"])
    return f"invoice for order {input['order']}"


async def order(connection: asyncpg.Connection, number: int, fail: bool = False) -> str:
    """Stores an order, and enqueues its invoice, in one transaction."""
    async with connection.transaction():
        await connection.execute("insert into orders values ($1)", number)
        run_id: str = await mattock.enqueue(connection, invoice, {"order": number})
        if fail:
            raise ValueError("the card was refused")
        return run_id


async def tell(connection: asyncpg.Connection, what: str) -> None:
    """Prints how many there are."""
    orders = await connection.fetchval("select count(*) from orders")
    print(f"{what}: {orders} orders, {len(invoices)} invoices")


async def main() -> None:
    async with mattock.embedded() as server:
        worker = client.worker("billing", workflows=[invoice])
        serving = asyncio.create_task(worker.aio_start())
        await worker.aio_ready()
        # Your tables are in the same Postgres as Mattock's.
        connection = await asyncpg.connect(server.database_url)
        await connection.execute("create table orders (number int primary key)")

        try:
            await order(connection, 1, fail=True)
        except ValueError:
            await tell(connection, "rolled back")
        run_id = await order(connection, 1)
        await invoice.ref(run_id).aio_result()
        await tell(connection, "committed")

        sql = "select mattock.enqueue('default', 'invoice', '{\"order\": 2}')::text"
        run_id = await connection.fetchval(sql)
        print("from plain SQL:", await invoice.ref(run_id).aio_result())
        await connection.close()
        worker.stop()
        await serving


if __name__ == "__main__":
    asyncio.run(main())
