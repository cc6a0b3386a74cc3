"""Registration of workflows: a definition that differs from the latest one makes a new version."""

from __future__ import annotations

from . import cron, flow, rate
from .command import DropWorkflow, PutWorkflow, WorkflowRow
from .error import Code, Refused
from .round import Round
from .run import Version
from .state import State


def put_workflow(state: State, command: PutWorkflow, now: float, round_: Round) -> tuple[str, str]:
    """Registers a workflow; returns its id and its version's."""
    definition = command.definition
    latest = state.workflows.get(definition.name)
    if latest is not None and latest.definition == definition:
        return latest.workflow_id, latest.version_id
    rate.check_declared(state, definition)
    row = WorkflowRow(
        workflow_id=command.new_workflow_id if latest is None else latest.workflow_id,
        version_id=command.new_version_id,
        order=1 if latest is None else latest.order + 1,
        definition=definition,
        latest=True,
    )
    if latest is not None:
        latest.row.latest = False
    adopt(state, row)
    round_.records.workflows.append(row)
    cron.declare(state, state.workflows[definition.name], now, round_)
    return row.workflow_id, row.version_id


def drop_workflow(state: State, command: DropWorkflow, now: float, round_: Round) -> None:
    """Takes a workflow away, with its crons; runs that there are go on."""
    workflow_id = command.workflow_id
    version = next((each for each in state.workflows.values() if each.workflow_id == workflow_id), None)
    if version is None:
        raise Refused(Code.NOT_FOUND, f"workflow: no workflow {workflow_id!r}", "workflow")
    version.row.latest = False
    del state.workflows[version.name]
    state.subscriptions.put(version.name, ())
    cron.drop_crons_of(state, version.name, round_)
    round_.records.dropped_workflows.append(workflow_id)


def adopt(state: State, row: WorkflowRow) -> Version:
    """Makes a version known; the latest one serves new runs."""
    version = state.versions.get(row.version_id)
    if version is None:
        version = state.versions[row.version_id] = Version(row)
    if row.latest:
        state.workflows[version.name] = version
        flow.declare(state, version)
        state.subscriptions.put(version.name, version.definition.events)
        _reconsider(state, version)
    return version


def _reconsider(state: State, version: Version) -> None:
    """A queue that waits for room may need other slots now."""
    for spec in version.specs.values():
        pool = state.pools.get(spec.queue_id)
        for queue in state.queues.values() if pool is not None else ():
            if queue.pool is pool and queue.live and not queue.parked:
                queue.waiting = False
                state.fresh[queue.queue_id] = queue
