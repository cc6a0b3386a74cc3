-- name: commit
-- One round of one tenant.
select mattock.commit_v1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21,
    $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45,
    $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60)

-- name: insert_born_final
-- Rows that are new and final in the same round: straight to the history.
insert into mattock.finished_run (
    tenant_id, run_id, kind, root_id, workflow_id, version_id, task_name, status, attempt, app_failures, reassignments,
    priority, queue_id, sort_key, input, metadata, output, error, skipped, slot_released, worker_id, parent_task_id,
    parent_run_id, child_key, extra, created_at, queued_at, assigned_at, started_at, finished_at)
select $1, run, kind, root, workflow, version, task, status, attempt, app, reassigned, priority, queue, key, input,
    metadata::jsonb, output, error, skipped, false, worker, parent_task, parent_run, child, extra, to_timestamp(created),
    to_timestamp(queued), to_timestamp(assigned), to_timestamp(started), to_timestamp(finished)
from unnest($2::uuid[], $3::smallint[], $4::uuid[], $5::uuid[], $6::uuid[], $7::text[], $8::smallint[], $9::int[],
    $10::int[], $11::int[], $12::smallint[], $13::bigint[], $14::bigint[], $15::text[], $16::text[], $17::text[],
    $18::text[], $19::boolean[], $20::uuid[], $21::uuid[], $22::uuid[], $23::text[], $24::text[], $25::float8[],
    $26::float8[], $27::float8[], $28::float8[], $29::float8[])
    as u (run, kind, root, workflow, version, task, status, attempt, app, reassigned, priority, queue, key, input,
        metadata, output, error, skipped, worker, parent_task, parent_run, child, extra, created, queued, assigned,
        started, finished)

-- name: reopen
-- Finished rows that a replay takes back, with their new state.
with back as (
    delete from mattock.finished_run r
    using unnest($2::uuid[], $3::smallint[], $4::int[], $5::int[], $6::int[], $7::bigint[], $8::bigint[], $9::text[],
        $10::text[], $11::boolean[], $12::boolean[], $13::uuid[], $14::text[], $15::float8[], $16::float8[],
        $17::float8[], $18::float8[], $19::float8[])
        as u (run, status, attempt, app, reassigned, queue, key, output, error, skipped, released, worker, extra, queued,
            assigned, started, finished, due)
    where r.tenant_id = $1 and r.run_id = any ($2::uuid[]) and r.run_id = u.run
    returning r.run_id, r.kind, r.root_id, r.workflow_id, r.version_id, r.task_name, u.status, u.attempt, u.app,
        u.reassigned, r.priority, u.queue, u.key, r.input, r.metadata, u.output, u.error, u.skipped, u.released,
        u.worker, r.parent_task_id, r.parent_run_id, r.child_key, coalesce(u.extra, r.extra) as extra, r.created_at, u.queued, u.assigned, u.started,
        u.finished, u.due
)
insert into mattock.run (
    tenant_id, run_id, kind, root_id, workflow_id, version_id, task_name, status, attempt, app_failures, reassignments,
    priority, queue_id, sort_key, input, metadata, output, error, skipped, slot_released, worker_id, parent_task_id,
    parent_run_id, child_key, extra, created_at, queued_at, assigned_at, started_at, finished_at, due_at)
select $1, run_id, kind, root_id, workflow_id, version_id, task_name, status, attempt, app, reassigned, priority,
    queue, key, input, metadata, output, error, skipped, released, worker, parent_task_id, parent_run_id, child_key,
    extra, created_at, to_timestamp(queued), to_timestamp(assigned), to_timestamp(started), to_timestamp(finished),
    to_timestamp(due)
from back

-- name: refinish
-- Finished rows that a replay took back, final again in the same round.
update mattock.finished_run r
set status = u.status, attempt = u.attempt, app_failures = u.app, reassignments = u.reassigned, output = u.output,
    error = u.error, skipped = u.skipped, worker_id = u.worker, extra = coalesce(u.extra, r.extra),
    queued_at = to_timestamp(u.queued), assigned_at = to_timestamp(u.assigned), started_at = to_timestamp(u.started),
    finished_at = to_timestamp(u.finished)
from unnest($2::uuid[], $3::smallint[], $4::int[], $5::int[], $6::int[], $7::text[], $8::text[], $9::boolean[],
    $10::uuid[], $11::text[], $12::float8[], $13::float8[], $14::float8[], $15::float8[])
    as u (run, status, attempt, app, reassigned, output, error, skipped, worker, extra, queued, assigned, started,
        finished)
where r.tenant_id = $1 and r.run_id = any ($2::uuid[]) and r.run_id = u.run

-- name: put_steps
-- Steps of durable tasks, new or changed; one that is settled stays as it is.
insert into mattock.step (tenant_id, task_id, branch, node, kind, fingerprint, what, label, child_id, conditions, met,
    invocation, recorded_at, place, settled_at, payload, failed)
select $1, u.* from unnest($2::uuid[], $3::int[], $4::int[], $5::smallint[], $6::text[], $7::text[], $8::text[],
    $9::uuid[], $10::text[], $11::text[], $12::int[], $13::float8[], $14::bigint[], $15::float8[], $16::text[],
    $17::boolean[]) u
on conflict (tenant_id, task_id, branch, node) do update
set met = excluded.met, place = excluded.place, settled_at = excluded.settled_at, payload = excluded.payload,
    failed = excluded.failed
where mattock.step.place = 0

-- name: take_enqueued
-- Enqueued rows whose runs exist now.
delete from mattock.enqueued where tenant_id = $1 and place = any ($2::bigint[])

-- name: refuse_enqueued
-- Enqueued rows that can be no run: kept for people, with the reason.
update mattock.enqueued e set problem = u.problem
from unnest($2::bigint[], $3::text[]) as u (place, problem) where e.tenant_id = $1 and e.place = u.place

-- name: put_limits
-- What a tenant may have at once.
insert into mattock.tenant_limit (tenant_id, max_queued, drop_oldest, max_running, pace)
values ($1, $2, $3, $4, $5)
on conflict (tenant_id) do update
set max_queued = excluded.max_queued, drop_oldest = excluded.drop_oldest, max_running = excluded.max_running,
    pace = excluded.pace

-- name: put_pauses
-- Workflows and queues that are paused, or go on.
insert into mattock.pause (tenant_id, workflow_id, paused, since, drop_crons, drop_schedules, patience, task_name)
select $1, u.* from unnest($2::uuid[], $3::boolean[], $4::float8[], $5::boolean[], $6::boolean[], $7::float8[],
    $8::text[]) u
on conflict (tenant_id, workflow_id, task_name) do update
set paused = excluded.paused, since = excluded.since, drop_crons = excluded.drop_crons,
    drop_schedules = excluded.drop_schedules, patience = excluded.patience

-- name: put_claims
-- Idempotency keys that runs have claimed.
insert into mattock.claim (tenant_id, key, run_id, until, until_end)
select $1, u.* from unnest($2::text[], $3::uuid[], $4::float8[], $5::boolean[]) u
on conflict (tenant_id, key) do update
set run_id = excluded.run_id, until = excluded.until, until_end = excluded.until_end

-- name: end_claims
-- Runs that are final leave the keys that they had claimed until then.
delete from mattock.claim c using unnest($2::text[], $3::uuid[]) as u (key, run)
where c.tenant_id = $1 and c.key = u.key and c.run_id = u.run and c.until_end

-- name: insert_user_events
-- Events that were accepted; one that comes again after a failed commit is there already.
insert into mattock.event (tenant_id, event_id, at, key, payload, metadata, scope, priority, problem)
select $1, event, to_timestamp(at), key, payload, metadata::jsonb, scope, priority, problem
from unnest($2::uuid[], $3::float8[], $4::text[], $5::text[], $6::text[], $7::text[], $8::smallint[], $9::text[])
    as u (event, at, key, payload, metadata, scope, priority, problem)
on conflict do nothing

-- name: insert_event_runs
-- Runs that events started.
insert into mattock.event_run (tenant_id, event_id, at, run_id, filter_id)
select $1, event, to_timestamp(at), run, filter
from unnest($2::uuid[], $3::float8[], $4::uuid[], $5::uuid[]) as u (event, at, run, filter)
on conflict do nothing

-- name: put_filter
-- A filter as it is now.
insert into mattock.filter (tenant_id, filter_id, workflow_id, scope, expression, payload)
values ($1, $2, $3, $4, $5, $6)
on conflict (tenant_id, filter_id) do update
set scope = excluded.scope, expression = excluded.expression, payload = excluded.payload, updated_at = now()

-- name: drop_filters
-- Filters that are no more.
delete from mattock.filter where tenant_id = $1 and filter_id = any ($2::uuid[])

-- name: put_crons
-- Crons as they are now.
insert into mattock.cron (tenant_id, cron_id, workflow, expression, name, timezone, input, metadata, priority, enabled,
    declared, missed, overlap, jitter, created_at, next_at, last_run_id, pending, problem)
select $1, u.* from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::smallint[], $10::boolean[], $11::boolean[], $12::text[], $13::text[], $14::float8[], $15::float8[],
    $16::float8[], $17::uuid[], $18::int[], $19::text[]) u
on conflict (tenant_id, cron_id) do update
set expression = excluded.expression, name = excluded.name, timezone = excluded.timezone, input = excluded.input,
    metadata = excluded.metadata, priority = excluded.priority, enabled = excluded.enabled, missed = excluded.missed,
    overlap = excluded.overlap, jitter = excluded.jitter, next_at = excluded.next_at, last_run_id = excluded.last_run_id, pending = excluded.pending, problem = excluded.problem

-- name: drop_workflows
-- Workflows that nothing can start any more; their versions stay, for the runs that there were.
update mattock.workflow_version set latest = false where tenant_id = $1 and workflow_id = any ($2::uuid[]) and latest

-- name: drop_crons
-- Crons that are no more.
delete from mattock.cron where tenant_id = $1 and cron_id = any ($2::uuid[])

-- name: put_schedules
-- Schedules as they are now; one that has fired stays as it is.
insert into mattock.schedule (tenant_id, schedule_id, workflow, at, input, metadata, priority, parent_task_id,
    child_key, created_at, run_id, problem)
select $1, schedule, workflow, at, input, metadata::jsonb, priority, parent_task, child, created, run, problem
from unnest($2::uuid[], $3::text[], $4::float8[], $5::text[], $6::text[], $7::smallint[], $8::uuid[], $9::text[],
    $10::float8[], $11::uuid[], $12::text[])
    u (schedule, workflow, at, input, metadata, priority, parent_task, child, created, run, problem)
on conflict (tenant_id, schedule_id) do update
set at = excluded.at, run_id = excluded.run_id, problem = excluded.problem
where mattock.schedule.run_id is null

-- name: drop_schedules
-- Schedules that are no more, but for those that have fired.
delete from mattock.schedule where tenant_id = $1 and schedule_id = any ($2::uuid[]) and run_id is null

-- name: put_rates
-- Rate limits as they are now.
insert into mattock.rate_limit (tenant_id, key, limit_value, window_seconds, value, began_at, paused_until, declared)
select $1, key, limit_value, window_seconds, value, began_at, paused_until, declared
from unnest($2::text[], $3::bigint[], $4::float8[], $5::bigint[], $6::float8[], $7::float8[], $8::boolean[])
    as u (key, limit_value, window_seconds, value, began_at, paused_until, declared)
on conflict (tenant_id, key) do update
set limit_value = excluded.limit_value, window_seconds = excluded.window_seconds, value = excluded.value,
    began_at = excluded.began_at, paused_until = excluded.paused_until, declared = excluded.declared

-- name: drop_rates
-- Rate limits that are no more.
delete from mattock.rate_limit where tenant_id = $1 and key = any ($2::text[])

-- name: insert_version
-- A new version of a workflow, which is the latest.
with older as (
    update mattock.workflow_version set latest = false where tenant_id = $1 and workflow_id = $2 and latest
)
insert into mattock.workflow_version (tenant_id, workflow_id, version_id, name, ord, definition, latest)
values ($1, $2, $3, $4, $5, $6, false)

-- name: mark_latest
-- Makes a version the latest one. (A statement of its own: the unique index must not see two.)
update mattock.workflow_version set latest = true where tenant_id = $1 and version_id = $2

-- name: put_worker
-- A worker as it is now.
insert into mattock.worker (tenant_id, worker_id, name, actions, slots, labels, runtime, paused, seen_at, draining)
values ($1, $2, $3, $4, $5, $6, $7, $8, to_timestamp($9::float8), $10)
on conflict (tenant_id, worker_id) do update
set name = excluded.name, actions = excluded.actions, slots = excluded.slots, labels = excluded.labels,
    runtime = excluded.runtime, paused = excluded.paused, draining = excluded.draining, removed_at = null

-- name: mark_seen
-- When workers were last heard of.
update mattock.worker w set seen_at = to_timestamp(u.at)
from unnest($2::uuid[], $3::float8[]) as u (id, at) where w.tenant_id = $1 and w.worker_id = any ($2::uuid[]) and w.worker_id = u.id

-- name: remove_workers
-- Workers that have left.
update mattock.worker set removed_at = now() where tenant_id = $1 and worker_id = any ($2::uuid[])

-- name: insert_events
-- Lines of tasks' histories.
insert into mattock.task_event (tenant_id, task_id, run_id, attempt, kind, at, message, error, worker_id)
select $1, task, run, attempt, kind, to_timestamp(at), message, error, worker
from unnest($2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::float8[], $7::text[], $8::text[], $9::uuid[])
    as u (task, run, attempt, kind, at, message, error, worker)

-- name: insert_logs
-- Lines of tasks' logs.
insert into mattock.log_line (tenant_id, task_id, attempt, at, level, message, fields)
select $1, task, attempt, to_timestamp(at), level, message, fields
from unnest($2::uuid[], $3::int[], $4::float8[], $5::text[], $6::text[], $7::text[])
    as u (task, attempt, at, level, message, fields)
