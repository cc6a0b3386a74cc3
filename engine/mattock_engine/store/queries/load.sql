-- name: load_roots
-- The runs that have these ids, or a task with one of them.
select distinct root_key from (
    select root_key from mattock.run_row where tenant_id = $1 and key = any ($2::uuid[])
    union all
    select root_key from mattock.finished_run_row where tenant_id = $1 and key = any ($2::uuid[])
) found

-- name: load_below
-- Unfinished runs that the tasks of these runs have spawned, at any depth.
with recursive below (root_key) as (
    select unnest($2::uuid[])
    union
    select c.run_id
    from below b
    cross join lateral (
        select run_id from mattock.run where tenant_id = $1 and run_id = b.root_key
        union all select run_id from mattock.run where tenant_id = $1 and root_id = b.root_key
        union all select run_id from mattock.finished_run where tenant_id = $1 and run_id = b.root_key
        union all select run_id from mattock.finished_run where tenant_id = $1 and root_id = b.root_key
    ) t
    join mattock.run c on c.tenant_id = $1 and c.parent_task_id = t.run_id
)
select root_key from below

-- name: load_unfinished
-- All unfinished rows of these runs.
select * from mattock.run_row where tenant_id = $1 and key = any ($2::uuid[])
union all
select * from mattock.run_row where tenant_id = $1 and root_id <> '' and key in (
    select run_id from mattock.run where tenant_id = $1 and root_id = any ($2::uuid[]))

-- name: load_finished
-- All rows of these runs in the history.
select * from mattock.finished_run_row where tenant_id = $1 and key = any ($2::uuid[])
union all
select * from mattock.finished_run_row where tenant_id = $1 and root_id <> '' and key in (
    select run_id from mattock.finished_run where tenant_id = $1 and root_id = any ($2::uuid[]))

-- name: load_children
-- The runs that these tasks have spawned.
select parent_task_id::text as parent, coalesce(child_key, '') as child_key, run_id::text as run_id
from mattock.run where tenant_id = $1 and parent_task_id = any ($2::uuid[])
union all
select parent_task_id::text, coalesce(child_key, ''), run_id::text
from mattock.finished_run where tenant_id = $1 and parent_task_id = any ($2::uuid[])

-- name: load_queue
-- The waiting tasks of a queue behind a place, in order.
select * from mattock.run_row where key in (
    select run_id from mattock.run
    where tenant_id = $1 and queue_id = $2 and sort_key > $3 and status = 0 and queue_id <> 0
    order by sort_key limit $4) and tenant_id = $1

-- name: load_active
-- Tasks that run, or wait for their next attempt or for conditions.
select * from mattock.run_row where tenant_id = $1 and key in (
    select run_id from mattock.run
    where tenant_id = $1 and kind <> 1 and (status in (1, 5, 6) or (status = 7 and extra is not null))
    union
    select task_id from mattock.step where tenant_id = $1 and place = 0 and kind in (1, 2))

-- name: load_open_steps
-- Steps of durable tasks that are not settled.
select task_id::text as task_id, branch, node, kind, fingerprint, what, label, coalesce(child_id::text, '') as child_id,
    conditions, met, invocation, recorded_at, place, settled_at, coalesce(payload, '') as payload, failed
from mattock.step where tenant_id = $1 and place = 0 and kind in (1, 2)

-- name: load_steps
-- All that these durable tasks have recorded.
select task_id::text as task_id, branch, node, kind, fingerprint, what, label, coalesce(child_id::text, '') as child_id,
    conditions, met, invocation, recorded_at, place, settled_at, coalesce(payload, '') as payload, failed
from mattock.step where tenant_id = $1 and task_id = any ($2::uuid[])
order by task_id, branch, node

-- name: load_enqueued
-- Runs that were enqueued in transactions of users, in order.
select place, run_id::text as run_id, workflow, input::text as input, coalesce(metadata::text, '') as metadata, priority
from mattock.enqueued where tenant_id = $1 and problem is null order by place limit $2::int

-- name: load_enqueued_tenants
-- Tenants for which runs are enqueued.
select distinct tenant_id::text as tenant_id from mattock.enqueued where problem is null

-- name: load_pauses
-- Workflows and queues that are, or were, paused.
select workflow_id::text as workflow_id, paused, since, drop_crons, drop_schedules, patience, task_name
from mattock.pause where tenant_id = $1

-- name: load_claims
-- Who has claimed these idempotency keys.
select key, run_id::text as run_id, until, until_end from mattock.claim
where tenant_id = $1 and key = any ($2::text[]) and until > $3::float8

-- name: load_newest_claims
-- The claims that hold longest, the newest last.
select * from (
    select key, run_id::text as run_id, until, until_end from mattock.claim
    where tenant_id = $1 and until > extract(epoch from now()) order by until desc limit $2::int
) c order by until

-- name: load_past_events
-- The next events of a key and scope, the oldest first: those behind a time and an id.
select event_id::text as event_id, key, payload, coalesce(metadata::text, '') as metadata, priority,
    coalesce(scope, '') as scope, at
from mattock.event
where tenant_id = $1 and key = $2 and ($3 = '' or scope = $3) and at >= $4 and (at, event_id) > ($4, $5::uuid)
order by at, event_id limit $6

-- name: load_tallies
-- How many tasks wait in each queue.
select q.queue_id, r.workflow_id::text as workflow_id, coalesce(r.task_name, '') as task_name, q.count
from (
    select queue_id, count(*) as count from mattock.run
    where tenant_id = $1 and status = 0 and queue_id <> 0 group by queue_id
) q
cross join lateral (
    select workflow_id, task_name from mattock.run
    where tenant_id = $1 and queue_id = q.queue_id and status = 0 and queue_id <> 0 limit 1
) r

-- name: load_limits
-- What the tenant may have at once.
select max_queued, drop_oldest, max_running, pace from mattock.tenant_limit where tenant_id = $1

-- name: load_oldest
-- The oldest runs that have not begun, and are not paused: ids begin with their time.
select run_id::text as run_id from mattock.run
where tenant_id = $1 and kind <> 2 and status = 0 and attempt = 0
    and (extra is null or extra not like '%"paused_at"%')
order by run_id limit $2::int

-- name: load_expired
-- Queued tasks whose schedule deadline has passed.
select * from mattock.run_row where tenant_id = $1 and key in (
    select run_id from mattock.run
    where tenant_id = $1 and status = 0 and queue_id <> 0 and due_at <= to_timestamp($2::float8) order by due_at limit $3)

-- name: load_versions
-- All versions of all workflows.
select workflow_id::text as workflow_id, version_id::text as version_id, ord, definition, latest
from mattock.workflow_version where tenant_id = $1

-- name: load_workers
-- Workers that have not left and were heard of within a day.
select worker_id::text as worker_id, name, actions, slots, labels, runtime, paused, draining,
    extract(epoch from seen_at)::float8 as seen_at
from mattock.worker where tenant_id = $1 and removed_at is null and seen_at > now() - interval '1 day'

-- name: load_members
-- Unfinished rows with concurrency keys, without their payloads: tasks that run, runs that have passed their limits,
-- and all of those whose strategy may cancel them.
select tenant_id, key, root_key, parent_key, ended, run_id, kind, root_id, workflow_id, version_id, task_name, status,
    attempt, app_failures, reassignments, priority, queue_id, sort_key, '' as input, '' as metadata, '' as output,
    '' as error, skipped, slot_released, worker_id, parent_task_id, parent_run_id, child_key, extra, created_at,
    queued_at, assigned_at, started_at, finished_at, due_at
from mattock.run_row
where tenant_id = $1 and extra like '%"keys"%' and status not in (2, 3, 4)
    and (status = 1 or (kind = 1 and queue_id = 0) or version_id = any ($2::text[]))

-- name: load_rates
-- Rate limits.
select key, limit_value as limit, window_seconds as window, value, began_at, paused_until, declared
from mattock.rate_limit where tenant_id = $1

-- name: load_filters
-- Filters that were made by the API.
select filter_id::text, workflow_id::text, scope, expression, payload from mattock.filter where tenant_id = $1

-- name: load_crons
-- Crons, and whether the run of the last tick has not ended.
select cron_id::text as cron_id, workflow, expression, name, timezone, input, metadata, priority, enabled, declared,
    missed, overlap, jitter, created_at, next_at, coalesce(last_run_id::text, '') as last_run_id, pending, problem,
    overlap <> 'allow' and exists (
        select 1 from mattock.run r where r.tenant_id = $1 and r.run_id = c.last_run_id) as active
from mattock.cron c where tenant_id = $1

-- name: load_schedules
-- Schedules that have not fired, in the order of their times.
select schedule_id::text as schedule_id, workflow, at, input, coalesce(metadata::text, '') as metadata, priority,
    coalesce(parent_task_id::text, '') as parent_task_id, child_key, created_at, coalesce(run_id::text, '') as run_id,
    problem
from mattock.schedule
where tenant_id = $1 and run_id is null and (at, schedule_id) > ($2::float8, $3::uuid) and at <= $4::float8
order by at, schedule_id limit $5::int

-- name: load_unstarted
-- Runs of these workflows that have not begun, the oldest first.
select workflow_id::text, run_id::text from mattock.run
where tenant_id = $1 and workflow_id = any ($2::uuid[]) and status = 0 and attempt = 0 and kind <> 2
order by created_at, run_id
