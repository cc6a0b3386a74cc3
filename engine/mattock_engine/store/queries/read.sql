-- name: list_runs
-- Runs (or tasks), the newest first. $2: only tasks; filters that are null do not count.
with page as (
    select key, ended, created_at from (
        select * from mattock.run_row where tenant_id = $1
        union all
        select * from mattock.finished_run_row where tenant_id = $1
    ) r
    where case when $2 then kind in (0, 2) else kind in (0, 1) end
        and created_at >= $3::float8
        and ($4::float8 is null or created_at < $4)
        and ($5::smallint[] is null or status = any ($5))
        and ($6::text[] is null or workflow_id = any ($6))
        and ($7::text is null or worker_id = $7)
        and ($8::uuid is null or parent_key = $8)
        and ($9::text[] is null or case when $10
            then (select bool_and(metadata::jsonb ->> split_part(pair, ':', 1) = substr(pair, strpos(pair, ':') + 1))
                  from unnest($9) pair) and metadata <> ''
            else metadata <> '' and (select bool_or(
                metadata::jsonb ->> split_part(pair, ':', 1) = substr(pair, strpos(pair, ':') + 1))
                from unnest($9) pair) end)
    order by created_at desc, key
    limit $11 offset $12
)
select r.* from page p join lateral (
    select * from mattock.run_row where tenant_id = $1 and key = p.key and not p.ended
    union all
    select * from mattock.finished_run_row where tenant_id = $1 and key = p.key and p.ended
) r on true
order by r.created_at desc, r.key

-- name: count_by_status
-- How many runs there are of each status.
select status, count(*) as count from (
    select status, workflow_id, created_at, parent_key, metadata, kind from mattock.run_row where tenant_id = $1
    union all
    select status, workflow_id, created_at, parent_key, metadata, kind from mattock.finished_run_row where tenant_id = $1
) r
where kind in (0, 2) and created_at >= $2::float8 and ($3::float8 is null or created_at < $3)
    and ($4::text[] is null or workflow_id = any ($4)) and ($5::uuid is null or parent_key = $5)
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
select * from mattock.run_row where tenant_id = $1 and root_id <> '' and root_key = any ($2::uuid[])
union all
select * from mattock.finished_run_row where tenant_id = $1 and root_id <> '' and root_key = any ($2::uuid[])

-- name: events
-- The stored lines of the history of a run's tasks.
select event_id, task_id::text as task_id, attempt, kind, extract(epoch from at)::float8 as at, message, error,
    coalesce(worker_id::text, '') as worker_id
from mattock.task_event where tenant_id = $1 and run_id = $2 order by event_id

-- name: logs
-- Lines of a task's log.
select l.task_id::text as task_id, l.attempt, extract(epoch from l.at)::float8 as at, l.level, l.message, l.fields
from mattock.log_line l
where l.tenant_id = $1 and l.task_id = $2
    and ($3::float8 is null or l.at >= to_timestamp($3)) and ($4::float8 is null or l.at < to_timestamp($4))
    and ($5::text is null or l.message ilike '%' || $5 || '%') and ($6::text[] is null or l.level = any ($6))
    and ($7::int is null or l.attempt = $7)
order by case when $8 then extract(epoch from l.at) else -extract(epoch from l.at) end,
    case when $8 then l.line_id else -l.line_id end
limit $9 offset $10

-- name: workflows
-- Workflows by their latest versions.
select workflow_id::text as workflow_id, version_id::text as version_id, name, ord, definition,
    extract(epoch from created_at)::float8 as created_at, count(*) over () as total
from mattock.workflow_version
where tenant_id = $1 and latest and ($2::text is null or name ilike '%' || $2 || '%')
order by name limit $3 offset $4

-- name: versions
-- The versions of a workflow, the newest first.
select tenant_id::text as tenant_id, workflow_id::text as workflow_id, version_id::text as version_id, name, ord, definition,
    extract(epoch from created_at)::float8 as created_at
from mattock.workflow_version where workflow_id = $1 order by ord desc

-- name: tenant_of_run
-- Whose run or task this is.
select tenant_id::text as tenant_id from mattock.run where run_id = $1
union all select tenant_id::text from mattock.finished_run where run_id = $1 limit 1

-- name: workers
-- Workers heard of within a day.
select worker_id::text as worker_id, tenant_id::text as tenant_id, name, actions, slots, labels, runtime, paused,
    extract(epoch from seen_at)::float8 as seen_at, extract(epoch from created_at)::float8 as created_at,
    removed_at is not null as removed
from mattock.worker where tenant_id = $1 and seen_at > now() - interval '1 day' order by created_at desc

-- name: worker
-- One worker.
select worker_id::text as worker_id, tenant_id::text as tenant_id, name, actions, slots, labels, runtime, paused,
    extract(epoch from seen_at)::float8 as seen_at, extract(epoch from created_at)::float8 as created_at,
    removed_at is not null as removed
from mattock.worker where worker_id = $1

-- name: used_slots
-- Running tasks by worker.
select worker_id::text as worker_id, count(*)::int as count from mattock.run
where tenant_id = $1 and status = 1 and kind <> 1 and not slot_released group by worker_id

-- name: queue_depths
-- Waiting and running tasks by task name and workflow.
select v.name || ':' || r.task_name as action, r.status, count(*)::int as count
from mattock.run r join mattock.workflow_version v on v.tenant_id = r.tenant_id and v.version_id = r.version_id
where r.tenant_id = $1 and r.kind <> 1 and r.status in (0, 1, 6) group by 1, 2
