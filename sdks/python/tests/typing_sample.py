"""Read by mypy, never run: see test_public.py."""

from typing import Annotated, Any, reveal_type

import mattock
from mattock import Context, Depends, Mattock
from pydantic import BaseModel

client = Mattock()


class In(BaseModel):
    n: int


class Out(BaseModel):
    m: str


def number() -> int:
    return 1


@client.task(retries=3, execution_timeout="5s")
async def work(input: In, ctx: Context) -> Out:
    return Out(m=str(input.n))


@client.task()
def plain(input: In, ctx: Context, extra: Annotated[int, Depends(number)]) -> list[int]:
    return [input.n, extra]


@mattock.task()
async def alone() -> str:
    return ""


flow = mattock.workflow(name="flow", input_validator=In)


@flow.task()
async def first(input: In, ctx: Context) -> Out:
    return Out(m="")


@flow.task(parents=[first])
def second(input: In, ctx: Context) -> int:
    reveal_type(ctx.task_output(first))  # is: typing_sample.Out
    return 1


@flow.task()  # error: arg-type
async def third(input: Out, ctx: Context) -> None: ...


async def use() -> None:
    reveal_type(work)  # is: mattock.declaration.SoleTask[typing_sample.In, typing_sample.Out]
    reveal_type(await work.aio_run(In(n=1)))  # is: typing_sample.Out
    reveal_type(work.run(In(n=1), priority=3))  # is: typing_sample.Out
    reveal_type(work.run_many([In(n=1)]))  # is: list[typing_sample.Out]
    many = await work.aio_run_many([In(n=1)], return_exceptions=True)
    reveal_type(many)  # is: list[typing_sample.Out | BaseException]
    reveal_type(work.run_no_wait(In(n=1)))  # is: mattock.reference.RunRef[typing_sample.Out]
    reveal_type(work.run_no_wait(In(n=1)).result())  # is: typing_sample.Out
    reveal_type(await (await work.aio_run_no_wait(In(n=1))).aio_result())  # is: typing_sample.Out
    reveal_type(plain.run(In(n=1)))  # is: list[int]
    reveal_type(alone.run())  # is: str
    reveal_type(flow.run(In(n=1)))  # is: dict[str, Any]
    work.run(Out(m=""))  # error: arg-type
    work.run({"n": 1})  # error: arg-type
    flow.run(Out(m=""))  # error: arg-type
    work.run(In(n=1), priority=7)  # error: arg-type
    work.run(In(n=1), colour="red")  # error: call-arg
    work.run_many([work.create_bulk_run_item(In(n=1), child_key="k"), In(n=2)])
    mattock.worker("w", workflows=[work, flow])
    mattock.worker("w", workflows=[first])  # error: list-item
    client.task(retires=3)  # error: call-arg
    outputs: dict[str, Any] = await flow.aio_run(In(n=1))
    print(outputs)
