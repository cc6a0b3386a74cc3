"""A worker and a caller in one file: `mattock worker orders.py` runs the tasks, `python orders.py` calls them."""

from mattock import Context, Mattock
from pydantic import BaseModel

mattock = Mattock()


class Order(BaseModel):
    item: str
    count: int = 1


@mattock.task(retries=3, backoff_factor=2.0)
async def price(order: Order, ctx: Context) -> float:
    ctx.log(f"attempt {ctx.attempt_number}")
    return 2.5 * order.count


if __name__ == "__main__":
    print(price.run(Order(item="pen", count=4)))
    print(price.run_many([Order(item="ink"), Order(item="nib", count=2)]))
