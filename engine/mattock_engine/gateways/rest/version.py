"""Workflow versions, which never change once stored, kept in memory as they are asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from ...core.definition import TaskDefinition, WorkflowDefinition
from ...core.run import step_id_of
from ...store import Store

_KEPT = 5_000


class Version(msgspec.Struct):
    """A version of a workflow."""

    version_id: str
    workflow_id: str
    order: int
    definition: WorkflowDefinition
    created_at: float

    @property
    def name(self) -> str:
        """The workflow's name."""
        return self.definition.name

    @property
    def tasks(self) -> list[TaskDefinition]:
        """All tasks, the on-failure task last."""
        on_failure = self.definition.on_failure
        return [*self.definition.tasks, *([on_failure] if on_failure is not None else [])]

    def task(self, name: str) -> TaskDefinition | None:
        """The task of that name."""
        return next((task for task in self.tasks if task.name == name), None)

    def step_id(self, task_name: str) -> str:
        """The id of a task's definition."""
        return step_id_of(self.version_id, task_name)

    def children(self, task_name: str) -> list[str]:
        """Names of the tasks that have it as a parent."""
        return [task.name for task in self.definition.tasks if task_name in task.parents]


class Versions:
    """Versions by id."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[tuple[str, str], Version] = {}

    async def get(self, tenant_id: str, version_ids: Iterable[str]) -> dict[str, Version]:
        """The versions with these ids."""
        wanted = set(version_ids)
        missing = [version_id for version_id in wanted if (tenant_id, version_id) not in self._known]
        if missing:
            if len(self._known) > _KEPT:
                self._known.clear()
                missing = list(wanted)
            for record in await self._store.read("versions_by_id", tenant_id, missing):
                version = version_of(record)
                self._known[(tenant_id, version.version_id)] = version
        return {vid: self._known[(tenant_id, vid)] for vid in wanted if (tenant_id, vid) in self._known}


def version_of(record: Any) -> Version:
    """A version from its row in the store."""
    return Version(
        version_id=record["version_id"],
        workflow_id=record["workflow_id"],
        order=record["ord"],
        definition=msgspec.json.decode(record["definition"], type=WorkflowDefinition),
        created_at=record["created_at"],
    )
