"""The demo's workflows: a pipeline over a folder, and what it does with each document.

```
document-pipeline:  list ──▶ process ──▶ summarize
                               │  one child run a file
document:                      └──▶ split ──▶ count
                                          └─▶ index
```
"""

from __future__ import annotations

from asyncio import gather
from collections import Counter
from pathlib import Path

from pydantic import BaseModel

from .. import Context, Mattock
from . import document, index

mattock = Mattock()


class Folder(BaseModel):
    """What to work on."""

    path: str
    index_file: str


class Document(BaseModel):
    """One file of it."""

    number: int
    folder: str
    path: str
    index_file: str
    # The demo's demonstration: the first attempt to index this one fails.
    fail_once: bool = False


class Summary(BaseModel):
    """What is known of one file, or of many."""

    kind: str = ""
    files: int = 1
    sections: int = 0
    words: int = 0
    attempts: int = 1
    top: dict[str, int] = {}


class Report(BaseModel):
    """What the pipeline found."""

    kinds: list[Summary]
    top: dict[str, int]
    retried: list[str]


each_document = mattock.workflow("document", input_validator=Document)


@each_document.task()
def split(input: Document) -> list[str]:
    """Reads a file, and cuts it into sections."""
    return document.split(Path(input.folder, input.path).read_text("utf-8", errors="replace"))


@each_document.task(parents=[split])
def count(input: Document, ctx: Context) -> dict[str, int]:
    """Counts its words."""
    return document.count_words(ctx.task_output(split))


@each_document.task(name="index", parents=[split], retries=2)
def index_document(input: Document, ctx: Context) -> int:
    """Puts its sections into the search index; gives the number of attempts that it took."""
    if input.fail_once and ctx.retry_count == 0:
        raise OSError(f"the demo lets the first attempt to index {input.path} fail")
    index.put(Path(input.index_file), input.number, input.path, ctx.task_output(split))
    return ctx.attempt_number


pipeline = mattock.workflow("document-pipeline", input_validator=Folder)


@pipeline.task(name="list")
def list_files(input: Folder) -> list[str]:
    """Finds the files, and makes an empty index."""
    index.create(Path(input.index_file))
    return [str(path.relative_to(input.path)) for path in document.find_files(Path(input.path))]


@pipeline.task(parents=[list_files], execution_timeout="10m")
async def process(input: Folder, ctx: Context) -> list[Summary]:
    """Runs `document` for each file, all at once, and tells of each one that is done."""
    paths = ctx.task_output(list_files)
    ctx.put_stream(f"{len(paths)}")

    async def run_one(number: int, path: str) -> Summary:
        item = Document(
            number=number,
            folder=input.path,
            path=path,
            index_file=input.index_file,
            fail_once=number == len(paths) // 2,
        )
        # By which a person tells one child from the other in a list.
        found = await each_document.aio_run(item, child_key=path, additional_metadata={"file": path})
        ctx.put_stream(path)
        words = Counter(found["count"])
        return Summary(
            kind=Path(path).suffix,
            sections=len(found["split"]),
            words=words.total(),
            attempts=found["index"],
            top=dict(words.most_common(20)),
        )

    return await gather(*(run_one(number, path) for number, path in enumerate(paths)))


@pipeline.task(parents=[process, list_files])
def summarize(input: Folder, ctx: Context) -> Report:
    """Adds it all up, by kind of file."""
    kinds: dict[str, Summary] = {}
    words: Counter[str] = Counter()
    retried = []
    for path, one in zip(ctx.task_output(list_files), ctx.task_output(process), strict=True):
        kind = kinds.setdefault(one.kind, Summary(kind=one.kind, files=0))
        kind.files += one.files
        kind.sections += one.sections
        kind.words += one.words
        words.update(one.top)
        if one.attempts > 1:
            retried.append(path)
    found = sorted(kinds.values(), key=lambda kind: -kind.words)
    return Report(kinds=found, top=dict(words.most_common(8)), retried=retried)
