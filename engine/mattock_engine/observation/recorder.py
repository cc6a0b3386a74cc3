"""Gathers what tasks tell of themselves, and writes it a few times a second, whatever their number."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterable

from .. import telemetry
from ..store import Store, StoreError
from .record import Observation, Progress, Sample

logger = logging.getLogger(__name__)

# Seconds between two writes.
EVERY = 0.25
RETRY = 1.0
# Of a stop: it waits no longer for the last write.
PATIENCE = 3.0
# What is kept at most while the database is away, of each kind; the rest is lost.
MAX_KEPT = 100_000
# Names of figures of a workflow, and sets of labels of a name; what is beyond is refused, or counted together.
MAX_NAMES = 50
MAX_LABEL_SETS = 100
OTHER_LABELS = '{"other":"true"}'

Labels = tuple[tuple[str, str], ...]
ProgressKey = tuple[str, str, int]
SampleKey = tuple[str, str, str, Labels, int]


class Recorder:
    """Takes observations, and stores them.

    The last progress of an attempt wins; values of a figure are added up by minute.

    Args:
        store: where they go.
        warn: called with a tenant, a task and a text that is worth a line in the task's log.
    """

    def __init__(self, store: Store, warn: Callable[[str, str, str], None]) -> None:
        self._store = store
        self._warn = warn
        self._progress: dict[ProgressKey, Progress] = {}
        self._samples: dict[SampleKey, Sample] = {}
        # Sets of labels by workflow and name; of workflows that gave figures here.
        self._series: dict[tuple[str, str], dict[str, set[str]]] = {}
        self._warned: set[tuple[str, str]] = set()
        self._stirred = asyncio.Event()
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to write."""
        self._task = asyncio.create_task(self._run(), name="mattock-recorder")

    async def stop(self) -> None:
        """Writes what is left, if the database is there. Harmless twice."""
        self._stopping.set()
        self._stirred.set()
        task, self._task = self._task, None
        if task is not None:
            done, _ = await asyncio.wait({task}, timeout=PATIENCE)
            if not done:
                task.cancel()

    def take(self, tenant_id: str, observations: Iterable[Observation]) -> None:
        """Gathers observations; never blocks."""
        for item in observations:
            if isinstance(item, Progress):
                self._put_progress((tenant_id, item.task_id, item.attempt), item)
            else:
                self._put_sample((tenant_id, item.task_id, item.name, item.labels, int(item.at // 60)), item)
        self._stirred.set()

    def _put_progress(self, key: ProgressKey, item: Progress) -> None:
        known = self._progress.get(key)
        if known is None and len(self._progress) >= MAX_KEPT:
            return
        if known is None or known.at <= item.at:
            self._progress[key] = item

    def _put_sample(self, key: SampleKey, item: Sample) -> None:
        known = self._samples.get(key)
        if known is not None:
            known.add(item)
        elif len(self._samples) < MAX_KEPT:
            self._samples[key] = item

    async def _run(self) -> None:
        while not self._stopping.is_set():
            await self._stirred.wait()
            self._stirred.clear()
            pause = EVERY if await self.flush() else RETRY
            await _wait(self._stopping, pause)
        await self.flush()

    async def flush(self) -> bool:
        """Writes what has gathered. False if the database is away: it is kept, and tried again."""
        progress, self._progress = self._progress, {}
        samples, self._samples = self._samples, {}
        try:
            await self._write_progress(progress)
            progress = {}
            await self._write_samples(samples)
        except StoreError as error:
            logger.warning("what tasks tell of themselves is not stored yet: %s", error)
            for place, item in progress.items():
                self._put_progress(place, item)
            for key, sample in samples.items():
                self._put_sample(key, sample)
            self._stirred.set()
            return False
        except Exception:
            logger.exception("what tasks tell of themselves could not be stored")
        return True

    async def _write_progress(self, found: dict[ProgressKey, Progress]) -> None:
        for tenant_id in {tenant_id for tenant_id, _, _ in found}:
            items = [item for (tenant, _, _), item in found.items() if tenant == tenant_id]
            await self._store.observe(
                "put_progress",
                tenant_id,
                [item.task_id for item in items],
                [item.attempt for item in items],
                [item.fraction for item in items],
                [item.text for item in items],
                [item.at for item in items],
            )

    async def _write_samples(self, found: dict[SampleKey, Sample]) -> None:
        for tenant_id in {key[0] for key in found}:
            mine = {key: sample for key, sample in found.items() if key[0] == tenant_id}
            rows = await self._rows(tenant_id, mine)
            if rows:
                columns = [list(column) for column in zip(*rows, strict=True)]
                await self._store.observe("put_metrics", tenant_id, *columns)
            # Not again, if the next tenant's cannot be written.
            for key in mine:
                del found[key]

    async def _rows(self, tenant_id: str, samples: dict[SampleKey, Sample]) -> list[tuple[object, ...]]:
        """Samples as rows of figures: by workflow, name, labels and minute."""
        tasks = list({task_id for _, task_id, *_ in samples})
        records = await self._store.observe("workflows_of", tenant_id, tasks)
        workflows = {record["task_id"]: (record["workflow_id"], record["name"]) for record in records}
        await self._load_series(tenant_id, {workflow_id for workflow_id, _ in workflows.values()})
        sums: dict[tuple[str, str, str, int], Sample] = {}
        for (_, task_id, name, labels, minute), sample in samples.items():
            if task_id not in workflows:
                continue
            workflow_id, workflow = workflows[task_id]
            text = self._admit(tenant_id, workflow_id, task_id, name, labels)
            if text is None:
                continue
            telemetry.custom(tenant_id, workflow, name, sample.total, sample.count)
            place = (workflow_id, name, text, minute)
            if place in sums:
                sums[place].add(sample)
            else:
                sums[place] = Sample(
                    task_id, name, labels, sample.total, sample.count, sample.low, sample.high, sample.at
                )
        return [
            (workflow_id, name, text, float(minute * 60), each.total, each.count, each.low, each.high)
            for (workflow_id, name, text, minute), each in sums.items()
        ]

    async def _load_series(self, tenant_id: str, workflow_ids: set[str]) -> None:
        missing = [each for each in workflow_ids if (tenant_id, each) not in self._series]
        if not missing:
            return
        records = await self._store.observe("metric_series", tenant_id, missing)
        for workflow_id in missing:
            self._series[(tenant_id, workflow_id)] = {}
        for record in records:
            names = self._series[(tenant_id, record["workflow_id"])]
            names.setdefault(record["name"], set()).add(_text(json.loads(record["labels"])))

    def _admit(self, tenant_id: str, workflow_id: str, task_id: str, name: str, labels: Labels) -> str | None:
        """The labels under which a figure is counted, as JSON; None if it is one too many."""
        names = self._series[(tenant_id, workflow_id)]
        if name not in names and len(names) >= MAX_NAMES:
            if (workflow_id, name) not in self._warned and len(self._warned) < MAX_KEPT:
                self._warned.add((workflow_id, name))
                self._warn(
                    tenant_id, task_id, f"metric {name!r} is not stored: a workflow may have {MAX_NAMES} names of them"
                )
            return None
        known = names.setdefault(name, set())
        text = _text(dict(labels))
        if text not in known:
            if len(known) >= MAX_LABEL_SETS:
                return OTHER_LABELS
            known.add(text)
        return text


def _text(labels: dict[str, str]) -> str:
    return json.dumps(labels, separators=(",", ":"), sort_keys=True)


async def _wait(event: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return
