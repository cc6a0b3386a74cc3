-- name: put_progress
-- The newest progress of attempts.
insert into mattock.task_progress as p (tenant_id, task_id, attempt, fraction, text, at)
select $1::uuid, u.task, u.attempt, u.fraction, u.text, to_timestamp(u.at)
from unnest($2::uuid[], $3::int[], $4::float8[], $5::text[], $6::float8[]) as u (task, attempt, fraction, text, at)
on conflict (tenant_id, task_id, attempt) do update
set fraction = excluded.fraction, text = excluded.text, at = excluded.at where excluded.at >= p.at

-- name: progress_of
-- The progress of the newest attempts of these tasks that told any.
select distinct on (task_id) task_id::text as task_id, attempt, fraction, text, extract(epoch from at)::float8 as at
from mattock.task_progress where tenant_id = $1 and task_id = any ($2::uuid[])
order by task_id, attempt desc

-- name: ended_children
-- How many of the runs that these tasks have started are over.
select parent_task_id::text as parent, count(*)::int as count from mattock.finished_run
where tenant_id = $1 and parent_task_id = any ($2::uuid[]) group by 1

-- name: queued_of
-- How many tasks wait in each of these queues, up to a limit.
select q.queue_id, (
    select count(*) from (
        select from mattock.run r where r.tenant_id = $1 and r.queue_id = q.queue_id and r.status = 0 and r.queue_id <> 0
        limit $3::int) c
    )::int as count
from unnest($2::bigint[]) as q (queue_id)

-- name: workflows_of
-- The workflows of these tasks.
select r.run_id::text as task_id, r.workflow_id::text as workflow_id, v.name
from (
    select run_id, workflow_id, version_id from mattock.run where tenant_id = $1 and run_id = any ($2::uuid[])
    union all
    select run_id, workflow_id, version_id from mattock.finished_run where tenant_id = $1 and run_id = any ($2::uuid[])
) r join mattock.workflow_version v on v.tenant_id = $1 and v.version_id = r.version_id

-- name: metric_series
-- The figures of workflows.
select workflow_id::text as workflow_id, name, labels::text as labels from mattock.metric_series
where tenant_id = $1 and workflow_id = any ($2::uuid[])

-- name: put_metrics
-- Adds to figures.
with given as (
    select u.workflow, u.name, u.labels::jsonb as labels, to_timestamp(u.minute) as minute, u.total, u.count, u.low, u.high
    from unnest($2::uuid[], $3::text[], $4::text[], $5::float8[], $6::float8[], $7::bigint[], $8::float8[], $9::float8[])
        as u (workflow, name, labels, minute, total, count, low, high)
), known as (
    insert into mattock.metric_series as s (tenant_id, workflow_id, name, labels)
    select distinct $1::uuid, workflow, name, labels from given
    on conflict (tenant_id, workflow_id, name, labels) do update set last_at = now()
    where s.last_at < now() - interval '1 hour'
)
insert into mattock.metric_minute as m (tenant_id, workflow_id, name, labels, minute, total, count, low, high)
select $1::uuid, workflow, name, labels, minute, total, count, low, high from given
on conflict (tenant_id, workflow_id, name, minute, labels) do update
set total = m.total + excluded.total, count = m.count + excluded.count, low = least(m.low, excluded.low),
    high = greatest(m.high, excluded.high)

-- name: custom_metrics
-- Figures of a workflow in slices of so many seconds, by name and, if one is given, by a label's value.
select name, coalesce(labels ->> $7, '') as value,
    extract(epoch from date_bin(make_interval(secs => $5), minute, 'epoch'::timestamptz))::float8 as at,
    sum(total)::float8 as total, sum(count)::bigint as count, min(low)::float8 as low, max(high)::float8 as high
from mattock.metric_minute
where tenant_id = $1 and workflow_id = $2 and minute >= $3 and minute < $4 and ($6::text[] is null or name = any ($6))
group by 1, 2, 3 order by 1, 2, 3

-- name: metric_labels
-- The names of labels that the figures of a workflow have.
select distinct name, jsonb_object_keys(labels) as label from mattock.metric_series
where tenant_id = $1 and workflow_id = $2 order by 1, 2

-- name: trace_sizes
-- How many spans are known of each of these traces.
select replace(trace_id::text, '-', '') as id, count(*)::int as count from mattock.span
where tenant_id = $1 and trace_id = any ($2::text[]::uuid[]) group by 1

-- name: run_sizes
-- How many spans are known of each of these runs.
select run_id::text as id, count(*)::int as count from mattock.span
where tenant_id = $1 and run_id = any ($2::uuid[]) group by 1

-- name: runs_of_tasks
-- The runs that these tasks are of.
select run_id::text as task_id, coalesce(root_id, run_id)::text as run_id from mattock.run
where tenant_id = $1 and run_id = any ($2::uuid[])
union all
select run_id::text, coalesce(root_id, run_id)::text from mattock.finished_run
where tenant_id = $1 and run_id = any ($2::uuid[])

-- name: put_spans
-- Stores spans, each once.
insert into mattock.span (tenant_id, trace_id, span_id, parent_span_id, run_id, task_id, name, kind, status, message,
    service, started_at, began, ended, attributes, events)
select $1::uuid, u.trace, u.span, u.parent, u.run, u.task, u.name, u.kind, u.status, u.message, u.service,
    to_timestamp(u.began / 1e9), u.began, u.ended, u.attributes::jsonb, u.events::jsonb
from unnest($2::text[]::uuid[], $3::text[], $4::text[], $5::uuid[], $6::uuid[], $7::text[], $8::text[], $9::text[], $10::text[],
    $11::text[], $12::bigint[], $13::bigint[], $14::text[], $15::text[])
    as u (trace, span, parent, run, task, name, kind, status, message, service, began, ended, attributes, events)
on conflict do nothing

-- name: spans_of_run
-- Spans that name a run, and those of these traces and of its own that name none.
select replace(trace_id::text, '-', '') as trace_id, span_id, parent_span_id, run_id::text as run_id, task_id::text as task_id, name, kind,
    status, message, service, began, ended, attributes::text as attributes, events::text as events
from mattock.span s
where s.tenant_id = $1 and (s.run_id = $2 or (s.run_id is null and s.trace_id in (
    select unnest($3::text[]::uuid[]) union select o.trace_id from mattock.span o where o.tenant_id = $1 and o.run_id = $2)))
order by began, span_id limit $4::int offset $5::int

-- name: drop_orphans
-- Spans of traces that turned out to have no run.
delete from mattock.span s where s.run_id is null and s.stored_at < now() - interval '10 minutes'
    and not exists (select from mattock.span o where o.tenant_id = s.tenant_id and o.trace_id = s.trace_id
        and o.run_id is not null)

-- name: drop_old
-- Progress and names of figures that are older than so many days.
with gone as (delete from mattock.metric_series where last_at < now() - make_interval(days => $1::int))
delete from mattock.task_progress where ctid = any (array(
    select ctid from mattock.task_progress where began_at < now() - make_interval(days => $1::int) limit 50000))

-- name: used_slots
-- Running tasks that hold slots, by tenant and definition.
select tenant_id::text as tenant_id, version_id::text as version_id, task_name, count(*)::int as count
from mattock.run
where status = 1 and kind <> 1 and worker_id is not null and not slot_released and ($1::uuid is null or tenant_id = $1)
group by 1, 2, 3

-- name: lease_figures
-- Who decides for which tenant: its epoch (the number of its owners so far), and whether it has one now.
select tenant_id::text as tenant_id, epoch::float8 as epoch,
    (replica_id is not null and expires_at > now()) as held
from mattock.lease where $1::uuid is null or tenant_id = $1

-- name: replica_figures
-- Engine processes that live.
select count(*)::float8 as count from mattock.replica where heartbeat_at > now() - interval '10 seconds'
