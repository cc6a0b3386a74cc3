-- name: find_runs
-- Where runs (or, with $2, tasks) stand, the newest first within each table; filters that are null do not count. A row
-- with `scanned_to` says that no further was looked.
select run_id::text as run_id, extract(epoch from created_at)::float8 as created_at, finished_at, created_at as at,
    scanned_to
from mattock.find_runs_v1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)

-- name: runs_by_id
-- These runs; when they moved to the history, as far as that is known, tells which partition to look into.
select r.* from unnest($2::uuid[], $3::timestamptz[]) wanted (id, at) join lateral (
    select * from mattock.run_row where tenant_id = $1 and key = wanted.id
    union all
    select * from mattock.finished_run_row where tenant_id = $1 and key = wanted.id
        and moved_at between coalesce(wanted.at, '-infinity') and coalesce(wanted.at, 'infinity')
) r on true

-- name: count_by_status
-- How many tasks there are of each status.
select status, count(*) as count from (
    select status, workflow_id, created_at, parent_task_id, kind, metadata, coalesce(root_id, run_id) as root
    from mattock.run where tenant_id = $1
    union all
    select status, workflow_id, created_at, parent_task_id, kind, metadata, coalesce(root_id, run_id) as root
    from mattock.finished_run where tenant_id = $1
) r
where kind in (0, 2) and created_at >= $2::timestamptz and ($3::timestamptz is null or created_at < $3)
    and ($4::uuid[] is null or workflow_id = any ($4)) and ($5::uuid is null or parent_task_id = $5)
    and ($6::uuid is null or root in (select run_id from mattock.event_run where tenant_id = $1 and event_id = $6))
    and ($7::text[] is null or exists (select from unnest($7, $8::text[]) pair (k, x) where metadata ->> k = x))
group by status

-- name: children_counts
-- How many runs these tasks have spawned.
select parent_task_id::text as parent, count(*)::int as count from (
    select parent_task_id from mattock.run where tenant_id = $1 and parent_task_id = any ($2::uuid[])
    union all
    select parent_task_id from mattock.finished_run where tenant_id = $1 and parent_task_id = any ($2::uuid[])
) c group by parent_task_id

-- name: members
-- The tasks of these DAG runs.
select * from mattock.run_row where tenant_id = $1 and key in (
    select run_id from mattock.run where tenant_id = $1 and root_id = any ($2::uuid[]))
union all
select * from mattock.finished_run_row where tenant_id = $1 and key in (
    select run_id from mattock.finished_run where tenant_id = $1 and root_id = any ($2::uuid[]))

-- name: events
-- The stored lines of the history of a run's tasks.
select event_id, task_id::text as task_id, attempt, kind, extract(epoch from at)::float8 as at, message, error,
    coalesce(worker_id::text, '') as worker_id
from mattock.task_event where tenant_id = $1 and run_id = $2 order by event_id

-- name: workflows
-- Workflows by their latest versions.
select workflow_id::text as workflow_id, version_id::text as version_id, name, ord, definition,
    extract(epoch from created_at)::float8 as created_at
from mattock.workflow_version
where tenant_id = $1 and latest and ($2::text is null or strpos(lower(name), lower($2)) > 0)
    and ($5::text is null or name > $5)
order by name limit $3 offset $4

-- name: versions
-- The versions of a workflow, the newest first.
select workflow_id::text as workflow_id, version_id::text as version_id, ord, definition,
    extract(epoch from created_at)::float8 as created_at
from mattock.workflow_version where tenant_id = $1 and workflow_id = $2 order by ord desc

-- name: versions_by_id
-- These versions.
select workflow_id::text as workflow_id, version_id::text as version_id, ord, definition,
    extract(epoch from created_at)::float8 as created_at
from mattock.workflow_version where tenant_id = $1 and version_id = any ($2::uuid[])

-- name: workers
-- Workers heard of within a day.
select worker_id::text as worker_id, tenant_id::text as tenant_id, name, actions, slots, labels, runtime, paused, draining,
    extract(epoch from seen_at)::float8 as seen_at, extract(epoch from created_at)::float8 as created_at,
    removed_at is not null as removed
from mattock.worker where tenant_id = $1 and seen_at > now() - interval '1 day' order by created_at desc

-- name: worker
-- One worker.
select worker_id::text as worker_id, tenant_id::text as tenant_id, name, actions, slots, labels, runtime, paused, draining,
    extract(epoch from seen_at)::float8 as seen_at, extract(epoch from created_at)::float8 as created_at,
    removed_at is not null as removed
from mattock.worker where tenant_id = $1 and worker_id = $2

-- name: running_tasks
-- Running tasks that hold slots, by worker and definition.
select worker_id::text as worker_id, version_id::text as version_id, task_name, count(*)::int as count
from mattock.run
where tenant_id = $1 and status = 1 and kind <> 1 and worker_id is not null and not slot_released
group by 1, 2, 3

-- name: queue_depths
-- Waiting and running tasks by workflow and task.
select r.workflow_id::text as workflow_id, r.task_name, lower(v.name || ':' || r.task_name) as action, r.status,
    count(*)::int as count
from mattock.run r join mattock.workflow_version v on v.tenant_id = r.tenant_id and v.version_id = r.version_id
where r.tenant_id = $1 and r.kind <> 1 and r.status in (0, 1, 6) group by 1, 2, 3, 4

-- name: ping
-- The database answers.
select 1

-- name: rate_limits
-- Rate limits whose key holds a text.
select key, limit_value, window_seconds, value, began_at, paused_until, declared
from mattock.rate_limit where tenant_id = $1 and strpos(key, $2) > 0 order by key limit 10000

-- name: list_events
-- User events, the newest first.
select e.event_id::text as event_id, extract(epoch from e.at)::float8 as at, e.key, e.payload,
    e.metadata::text as metadata, e.scope, e.priority, e.problem, e.at as time
from mattock.find_events_v1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) f
join lateral (
    select * from mattock.event e where e.tenant_id = $1 and e.event_id = f.event_id and e.at = f.at limit 1
) e on true
order by e.at desc, e.event_id desc

-- name: event_runs
-- Runs that events of a time started, with their statuses.
select x.event_id::text as event_id, x.run_id::text as run_id, x.filter_id::text as filter_id,
    r.status
from mattock.event_run x left join lateral (
    select status from mattock.run where tenant_id = $1 and run_id = x.run_id
    union all
    select status from mattock.finished_run where tenant_id = $1 and run_id = x.run_id and finished_at >= x.at
    limit 1
) r on true
where x.tenant_id = $1 and x.event_id = any ($2::uuid[]) and x.at >= $3 and x.at <= $4
order by x.run_id

-- name: event_keys
-- Keys of the newest events, but for signals to durable tasks.
select distinct key from (
    select key from mattock.event where tenant_id = $1 order by at desc limit 10000) newest
where not starts_with(key, 'mattock:signal/') order by key

-- name: filters
-- Filters that were made by the API.
select filter_id::text, workflow_id::text, scope, expression, payload from mattock.filter
where tenant_id = $1 order by created_at desc

-- name: crons
-- Crons.
select cron_id::text as cron_id, workflow, expression, name, timezone, input, metadata, priority, enabled, declared,
    missed, overlap, jitter, created_at, next_at, coalesce(last_run_id::text, '') as last_run_id, pending, problem
from mattock.cron where tenant_id = $1 order by created_at desc

-- name: workflows_by_name
-- Newest versions of workflows.
select name, workflow_id::text as workflow_id, version_id::text as version_id
from mattock.workflow_version where tenant_id = $1 and latest and name = any ($2::text[])

-- name: schedules
-- These schedules, with how their runs stand.
select s.schedule_id::text as schedule_id, s.workflow, s.at, s.input, s.metadata::text as metadata, s.priority,
    s.parent_task_id::text as parent_task_id, s.child_key, s.created_at, s.run_id::text as run_id, s.problem,
    v.workflow_id::text as workflow_id, v.version_id::text as version_id, coalesce(r.status, f.status) as status
from mattock.schedule s
left join mattock.workflow_version v on v.tenant_id = $1 and v.name = s.workflow and v.latest
left join mattock.run r on r.tenant_id = $1 and r.run_id = s.run_id
left join mattock.finished_run f on f.tenant_id = $1 and f.run_id = s.run_id
where s.tenant_id = $1 and s.schedule_id = any ($2::uuid[])

-- name: list_schedules
-- Schedules with how their runs stand; filters that are null do not count.
select s.schedule_id::text as schedule_id, s.workflow, s.at, s.input, s.metadata::text as metadata, s.priority,
    s.parent_task_id::text as parent_task_id, s.child_key, s.created_at, s.run_id::text as run_id, s.problem,
    v.workflow_id::text as workflow_id, v.version_id::text as version_id, coalesce(r.status, f.status) as status
from mattock.schedule s
left join mattock.workflow_version v on v.tenant_id = $1 and v.name = s.workflow and v.latest
left join mattock.run r on r.tenant_id = $1 and r.run_id = s.run_id
left join mattock.finished_run f on f.tenant_id = $1 and f.run_id = s.run_id
where s.tenant_id = $1
    and ($2::uuid is null or v.workflow_id = $2)
    and ($3::uuid is null or s.parent_task_id = $3
        or exists (select from mattock.run p where p.tenant_id = $1 and p.run_id = s.parent_task_id and p.root_id = $3)
        or exists (select from mattock.finished_run p
            where p.tenant_id = $1 and p.run_id = s.parent_task_id and p.root_id = $3))
    and ($4::uuid is null or s.parent_task_id = $4)
    and ($5::text[] is null or (select bool_and(s.metadata ->> k = x) from unnest($5, $6::text[]) pair (k, x)))
    and ($7::smallint[] is null or ($8::boolean and s.run_id is null)
        or case when s.problem <> '' then 3 else coalesce(r.status, f.status) end = any ($7))
    and ($13::float8 is null or (case when $9::boolean then s.at else s.created_at end
        * case when $10::boolean then -1 else 1 end, s.schedule_id) > ($13, $14::uuid))
order by case when $9::boolean then s.at else s.created_at end * case when $10::boolean then -1 else 1 end, s.schedule_id
limit $11::int offset $12::int

-- name: schedule_of_run
-- The schedule that has started a run.
select schedule_id::text as schedule_id from mattock.schedule where tenant_id = $1 and run_id = $2

-- name: coming_schedules
-- Schedules of a time that have not fired, by time.
select schedule_id::text as schedule_id, workflow, at from mattock.schedule
where tenant_id = $1 and run_id is null and at >= $2::float8 and at < $3::float8
order by at, schedule_id limit $4::int

-- name: decided_approvals
-- Waits for a person's decision that are over, the newest first.
select s.task_id::text as task_id, s.label, s.what, s.recorded_at, s.settled_at, s.payload, v.name as workflow,
    s.branch, s.node
from mattock.step s
join lateral (
    select version_id from mattock.run where tenant_id = $1 and run_id = s.task_id
    union all
    select version_id from mattock.finished_run where tenant_id = $1 and run_id = s.task_id
    limit 1
) r on true
join mattock.workflow_version v on v.tenant_id = $1 and v.version_id = r.version_id
where s.tenant_id = $1 and s.place <> 0 and s.kind = 2 and s.label like 'approval:%'
    and ($3::float8 is null or s.settled_at < $3
        or s.settled_at = $3 and (s.task_id, s.branch, s.node) > ($4::uuid, $5::int, $6::int))
order by s.settled_at desc, s.task_id, s.branch, s.node limit $2::int

-- name: approvals
-- Waits of durable tasks for a person's decision, the oldest first.
select s.task_id::text as task_id, s.label, s.what, s.recorded_at, v.name as workflow, s.branch, s.node
from mattock.step s
join mattock.run r on r.tenant_id = $1 and r.run_id = s.task_id
join mattock.workflow_version v on v.tenant_id = $1 and v.version_id = r.version_id
where s.tenant_id = $1 and s.place = 0 and s.kind = 2 and s.label like 'approval:%'
    and ($3::float8 is null or (s.recorded_at, s.task_id, s.branch, s.node) > ($3, $4::uuid, $5::int, $6::int))
order by s.recorded_at, s.task_id, s.branch, s.node limit $2::int

-- name: pause
-- Whether a workflow is paused, and what becomes of what would start meanwhile.
select paused, drop_crons, drop_schedules from mattock.pause
where tenant_id = $1 and workflow_id = $2 and task_name = ''

-- name: metric_tasks
-- Waiting and running tasks by tenant and workflow; for how long the first one waits for its turn, in seconds.
select r.tenant_id::text as tenant_id, v.name as workflow, case when r.status = 1 then 1 else 0 end as status,
    sum(r.count)::float8 as count,
    greatest(0, extract(epoch from now() - min(r.queued_at) filter (where r.status = 0)))::float8 as age
from (
    select tenant_id, version_id, status, count(*) as count, min(queued_at) as queued_at from mattock.run
    where kind <> 1 and ($1::uuid is null or tenant_id = $1) group by 1, 2, 3
) r join mattock.workflow_version v on v.tenant_id = r.tenant_id and v.version_id = r.version_id
group by 1, 2, 3

-- name: metric_workers
-- Workers that were heard of lately.
select tenant_id::text as tenant_id, count(*)::float8 as count from mattock.worker
where removed_at is null and seen_at > now() - make_interval(secs => $2) and ($1::uuid is null or tenant_id = $1)
group by 1

-- name: metric_slots
-- Their slots.
select tenant_id::text as tenant_id, kind, sum(slots)::float8 as slots from (
    select tenant_id, s.key as kind, s.value::float8 as slots from mattock.worker, jsonb_each_text(slots::jsonb) s
    where removed_at is null and seen_at > now() - make_interval(secs => $2) and ($1::uuid is null or tenant_id = $1)
) s group by 1, 2

-- name: metric_workflow
-- Unfinished runs of a workflow, and their concurrency keys.
select count(*)::int as runs, count(distinct extra::jsonb -> 'keys')::int as keys from mattock.run
where tenant_id = $1 and workflow_id = $2 and kind <> 2 and ($3::smallint[] is null or status = any ($3))

-- name: find_lines
-- Lines of logs, with whose they are; a line with `scanned_to` says that no further was looked.
select l.line_id, l.task_id::text as task_id, l.attempt, extract(epoch from l.at)::float8 as at, l.level, l.message,
    l.fields, r.task_name, l.at as time, l.scanned_to
from mattock.find_lines_v1($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) l
left join lateral (
    select task_name from mattock.run where tenant_id = $1 and run_id = l.task_id
    union all
    select task_name from mattock.finished_run where tenant_id = $1 and run_id = l.task_id
    limit 1
) r on true

-- name: log_points
-- Lines of the logs of all tasks, by time slices of so many seconds and by level.
select extract(epoch from date_bin(make_interval(secs => $4), l.at, 'epoch'::timestamptz))::float8 as at, l.level,
    count(*)::int as count
from mattock.log_line l
where l.tenant_id = $1 and l.at >= $2::timestamptz and l.at < $3::timestamptz
    and ($5::text is null or strpos(lower(l.message), lower($5)) > 0) and ($6::text[] is null or l.level = any ($6))
    and ($7::uuid[] is null or exists (
        select 1 from mattock.run r where r.tenant_id = $1 and r.run_id = l.task_id and r.workflow_id = any ($7)
        union all
        select 1 from mattock.finished_run r
        where r.tenant_id = $1 and r.run_id = l.task_id and r.workflow_id = any ($7)))
group by 1, 2 order by 1

-- name: workflow_stats
-- Runs of each workflow: unfinished ones, those of a time by how they ended, and the newest with its status.
select workflow_id::text as workflow_id, sum(queued)::int as queued, sum(running)::int as running,
    sum(completed)::int as completed, sum(failed)::int as failed, sum(cancelled)::int as cancelled,
    max(last) as last, extract(epoch from max(last_at))::float8 as last_at
from (
    select workflow_id, count(*) filter (where status not in (1, 5)) as queued,
        count(*) filter (where status in (1, 5)) as running, 0 as completed, 0 as failed, 0 as cancelled,
        max(run_id::text || '/' || status) as last, max(created_at) as last_at
    from mattock.run where tenant_id = $1 and kind <> 2 group by 1
    union all
    select workflow_id, 0, 0, count(*) filter (where status = 2), count(*) filter (where status = 3),
        count(*) filter (where status = 4), max(run_id::text || '/' || status), max(created_at)
    from mattock.finished_run where tenant_id = $1 and kind <> 2 and created_at >= $2::timestamptz group by 1
) r group by 1

-- name: task_points
-- Tasks that have ended, by time slices of so many seconds, with how long they waited and ran.
select extract(epoch from date_bin(make_interval(secs => $4), finished_at, 'epoch'::timestamptz))::float8 as at,
    count(*) filter (where status = 2)::int as succeeded, count(*) filter (where status = 3)::int as failed,
    count(*) filter (where status = 4)::int as cancelled,
    percentile_cont(array[0.5, 0.95]) within group (order by extract(epoch from assigned_at - queued_at))
        filter (where assigned_at is not null) as waited,
    percentile_cont(array[0.5, 0.95]) within group (order by extract(epoch from finished_at - assigned_at))
        filter (where assigned_at is not null) as ran
from mattock.finished_run
where tenant_id = $1 and kind <> 1 and created_at >= $2::timestamptz - interval '1 day'
    and finished_at >= $2 and finished_at < $3 and ($5::uuid[] is null or workflow_id = any ($5))
group by 1 order by 1

-- name: tenant_limits
-- What the tenant may have at once.
select max_queued, drop_oldest, max_running, pace from mattock.tenant_limit where tenant_id = $1

-- name: queue_pauses
-- Tasks of a workflow whose queues are paused.
select task_name from mattock.pause where tenant_id = $1 and workflow_id = $2 and paused and task_name <> ''

-- name: workflow_names
-- Names of these workflows, those that were taken away too.
select distinct on (workflow_id) workflow_id::text as workflow_id, name
from mattock.workflow_version where tenant_id = $1 and workflow_id = any ($2::uuid[]) order by workflow_id, ord desc

-- name: held_by_workers
-- How many tasks each worker holds.
select worker_id::text as worker_id, count(*)::int as count from mattock.run
where tenant_id = $1 and status = 1 and kind <> 1 and worker_id is not null group by 1

-- name: dead_letters
-- Runs that failed for good or were dropped, and that nobody has dealt with, the newest first.
select run_id::text as run_id, workflow_id::text as workflow_id, status, attempt, coalesce(error, '') as error,
    created_at, finished_at
from mattock.finished_run
where tenant_id = $1 and kind <> 2 and discarded_at is null
    and (status = 3 or (status = 4 and error like 'Dropped: %'))
    and ($2::timestamptz is null or finished_at >= $2) and ($3::timestamptz is null or finished_at < $3)
    and ($4::uuid[] is null or workflow_id = any ($4))
    and ($5::text is null or left(split_part(coalesce(error, ''), E'\n', 1), 300) = $5)
    and ($6::timestamptz is null or (finished_at, run_id) < ($6, $7::uuid))
order by finished_at desc, run_id desc limit $8::int

-- name: dead_letters_by_id
-- Those of these runs that are dead letters.
select run_id::text as run_id from mattock.finished_run
where tenant_id = $1 and run_id = any ($2::uuid[]) and kind <> 2 and discarded_at is null
    and (status = 3 or (status = 4 and error like 'Dropped: %'))

-- name: dead_letter_groups
-- Dead letters by workflow and the first line of their error.
select workflow_id::text as workflow_id, status, left(split_part(coalesce(error, ''), E'\n', 1), 300) as error,
    count(*)::int as count, min(finished_at) as first_at, max(finished_at) as last_at,
    (array_agg(run_id::text order by finished_at desc))[1] as last_run_id
from mattock.finished_run
where tenant_id = $1 and kind <> 2 and discarded_at is null
    and (status = 3 or (status = 4 and error like 'Dropped: %'))
    and ($2::timestamptz is null or finished_at >= $2) and ($3::timestamptz is null or finished_at < $3)
    and ($4::uuid[] is null or workflow_id = any ($4))
group by 1, 2, 3 order by count desc, last_at desc limit $5::int

-- name: count_created
-- How many rows `task_figures` would read, $4 at most.
select count(*)::int as count from (
    select 1 from mattock.finished_run
    where tenant_id = $1 and created_at >= $2::timestamptz - interval '1 day' and created_at < $3::timestamptz
    limit $4::int) c

-- name: task_figures
-- Tasks that ended from $2 to $3, in $4 slices, by workflow, and all together; with medians, 95th and 99th percentiles
-- of how long they waited and ran. However long the history is, at most $6 rows of each slice of the time in which
-- they were created are read; each stands for as many as the index counts there, up to 200 000.
with slice as (
    select n, case when n < 0 then $2::timestamptz + n * interval '1 hour' else $2 + n * ($3::timestamptz - $2) / $4::int end as begun,
        case when n < 0 then $2 + (n + 1) * interval '1 hour' else $2 + (n + 1) * ($3 - $2) / $4 end as ended
    from generate_series(-24, $4::int - 1) n
), read as materialized (
    select s.n, s.begun, s.ended, r.* from slice s cross join lateral (
        select kind, status, workflow_id, queued_at, assigned_at, finished_at from mattock.finished_run
        where tenant_id = $1 and created_at >= s.begun and created_at < s.ended
        order by created_at desc limit $6::int) r
), weight as (
    select n, case when count(*) < $6 then 1 else (select count(*) from (
        select 1 from mattock.finished_run where tenant_id = $1 and created_at >= min(begun) and created_at < min(ended)
        limit 200000) c)::float8 / count(*) end as weight
    from read group by n
), meant as (
    select width_bucket(extract(epoch from r.finished_at)::float8, extract(epoch from $2)::float8, extract(epoch from $3)::float8, $4) - 1
            as place,
        r.status, r.workflow_id, w.weight,
        extract(epoch from r.assigned_at - r.queued_at)::float8 as waited,
        extract(epoch from r.finished_at - r.assigned_at)::float8 as ran
    from read r join weight w using (n)
    where r.kind <> 1 and r.finished_at >= $2 and r.finished_at < $3 and ($5::uuid[] is null or r.workflow_id = any ($5))
)
select place, workflow_id::text as workflow_id,
    coalesce(sum(weight) filter (where status = 2), 0)::bigint as succeeded,
    coalesce(sum(weight) filter (where status = 3), 0)::bigint as failed,
    coalesce(sum(weight) filter (where status = 4), 0)::bigint as cancelled,
    percentile_cont(array[0.5, 0.95, 0.99]) within group (order by waited) filter (where waited is not null) as waited,
    percentile_cont(array[0.5, 0.95, 0.99]) within group (order by ran) filter (where ran is not null) as ran,
    max(weight)::float8 as weight
from meant group by grouping sets ((place), (workflow_id), ()) order by place, workflow_id

-- name: task_errors
-- Failed tasks of the newest 100 000 that were created since $2, by the first line of their errors.
select error, count(*)::int as count, max(finished_at) as last_at, min(finished_at) as first_at,
    (array_agg(run_id::text order by finished_at desc))[1] as task_id,
    (array_agg(coalesce(root_id, run_id)::text order by finished_at desc))[1] as run_id,
    array_agg(distinct workflow_id::text) as workflow_ids
from (
    select left(split_part(coalesce(error, ''), e'\n', 1), 500) as error, finished_at, run_id, root_id, workflow_id
    from (
        select status, kind, error, finished_at, run_id, root_id, workflow_id from mattock.finished_run
        where tenant_id = $1 and created_at >= $2 order by created_at desc limit 100000) newest
    where status = 3 and kind <> 1 and finished_at < $3 and ($4::uuid[] is null or workflow_id = any ($4))) failed
group by error order by count(*) desc, max(finished_at) desc limit $5

-- name: failed_tasks
-- The failed tasks of the same, one by one.
select coalesce(error, '') as error, finished_at, run_id::text as task_id,
    coalesce(root_id, run_id)::text as run_id, workflow_id::text as workflow_id
from (
    select status, kind, error, finished_at, run_id, root_id, workflow_id from mattock.finished_run
    where tenant_id = $1 and created_at >= $2 order by created_at desc limit 100000) newest
where status = 3 and kind <> 1 and finished_at < $3 and ($4::uuid[] is null or workflow_id = any ($4))
order by finished_at desc limit 20000

-- name: task_standing
-- Unfinished tasks by status.
select status, count(*)::int as count from mattock.run
where tenant_id = $1 and kind <> 1 and status not in (2, 3, 4) and ($2::uuid[] is null or workflow_id = any ($2))
group by status

-- name: all_workflow_names
-- Names of all workflows.
select workflow_id::text as workflow_id, name from mattock.workflow_version where tenant_id = $1 and latest

-- name: children_by_status
-- How many runs a task has spawned, by status.
select status, count(*)::int as count from (
    select status from mattock.run where tenant_id = $1 and parent_task_id = $2 and kind <> 2
    union all
    select status from mattock.finished_run where tenant_id = $1 and parent_task_id = $2 and kind <> 2
) c group by status
