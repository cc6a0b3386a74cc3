"""A program with Hatchet's published SDK: `work` runs a worker, `run N` prints what a task makes of a number."""

from __future__ import annotations

import sys

from hatchet_sdk import Context, Hatchet
from pydantic import BaseModel


class Number(BaseModel):
    n: int


hatchet = Hatchet()


@hatchet.task(name="secure-double", input_validator=Number)
def double(given: Number, context: Context) -> dict[str, int]:
    return {"n": given.n * 2}


if __name__ == "__main__":
    if sys.argv[1] == "work":
        hatchet.worker("secure", workflows=[double]).start()
    else:
        print(double.run(Number(n=int(sys.argv[2]))))
