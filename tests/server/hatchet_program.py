"""A program with Hatchet's published SDK: `work` runs a worker, `run N` prints what a task makes of a number."""

from __future__ import annotations

import sys
import time

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
        while True:
            try:
                print(double.run(Number(n=int(sys.argv[2]))))
                break
            except Exception as error:
                # The worker is another process, and has not said what it does yet.
                if "workflow names not found" not in str(error):
                    raise
                time.sleep(0.05)
