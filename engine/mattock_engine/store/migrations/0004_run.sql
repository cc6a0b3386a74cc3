-- Runs and their tasks. Unfinished work stands in `run` (small, hot); what has ended stands in `finished_run`,
-- partitioned by the day of its end, and is dropped by partition.

-- Statuses: 0 QUEUED, 1 RUNNING, 2 COMPLETED, 3 FAILED, 4 CANCELLED, 5 EVICTED, 6 BACKOFF, 7 PENDING
-- (spec/state_machine.md).
-- Kinds: 0 standalone task, 1 DAG run, 2 task of a DAG run.
create table mattock.run (
    tenant_id uuid not null,
    run_id uuid not null,
    kind smallint not null check (kind between 0 and 2),
    root_id uuid check ((root_id is not null) = (kind = 2)),
    workflow_id uuid not null,
    version_id uuid not null,
    task_name text,
    status smallint not null check (status between 0 and 7),
    attempt int not null,
    app_failures int not null,
    reassignments int not null,
    priority smallint not null,
    queue_id bigint not null,
    sort_key bigint not null,
    input text,
    metadata jsonb,
    output text,
    error text,
    skipped boolean not null,
    slot_released boolean not null,
    worker_id uuid,
    parent_task_id uuid,
    parent_run_id uuid,
    child_key text,
    extra text,
    created_at timestamptz not null,
    queued_at timestamptz,
    assigned_at timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    due_at timestamptz,
    primary key (tenant_id, run_id),
    -- A task of a DAG waits here, final, for the end of its run; everything else that is final stands in the history.
    check (kind = 2 or status not in (2, 3, 4)),
    check ((finished_at is not null) = (status in (2, 3, 4)))
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000,
        autovacuum_analyze_scale_factor = 0.2, autovacuum_vacuum_cost_delay = 0);
create index run_queue on mattock.run (tenant_id, queue_id, sort_key) where status = 0 and queue_id <> 0;
create index run_due on mattock.run (tenant_id, due_at) where status = 0 and queue_id <> 0;
create index run_root on mattock.run (tenant_id, root_id) where root_id is not null;
create index run_parent on mattock.run (tenant_id, parent_task_id, child_key) where parent_task_id is not null;
create index run_active on mattock.run (tenant_id)
    where kind <> 1 and (status in (1, 5, 6) or (status = 7 and extra is not null));

create table mattock.finished_run (
    like mattock.run,
    -- When somebody dealt with it; a replay takes the row, and the mark with it.
    discarded_at timestamptz,
    check (status in (2, 3, 4))
) partition by range (finished_at);
create table mattock.finished_run_default partition of mattock.finished_run default;
create index finished_run_id on mattock.finished_run (tenant_id, run_id);
create index finished_run_created on mattock.finished_run (tenant_id, created_at desc, run_id desc);
create index finished_run_root on mattock.finished_run (tenant_id, root_id) where root_id is not null;
create index finished_run_parent on mattock.finished_run (tenant_id, parent_task_id, child_key)
    where parent_task_id is not null;

-- For lists of runs, the newest first. Few runs fail, so the first costs little; runs without metadata are not in
-- the last.
create index finished_run_bad on mattock.finished_run (tenant_id, created_at desc, run_id desc) where status in (3, 4);
create index finished_run_workflow on mattock.finished_run (tenant_id, workflow_id, created_at desc, run_id desc);
create index finished_run_metadata on mattock.finished_run using gin (metadata jsonb_path_ops)
    where metadata is not null;

-- What alerts on failures read. The first has entries for failures alone; the second costs next to nothing to keep,
-- as rows come in the order of their ends.
create index finished_run_failed on mattock.finished_run (tenant_id, finished_at desc) where status = 3 and kind <> 2;
create index finished_run_end on mattock.finished_run using brin (finished_at)
    with (pages_per_range = 32, autosummarize = on);

-- What failed for good, and nobody has dealt with: failed, or dropped without having run.
create index finished_run_dead on mattock.finished_run (tenant_id, finished_at, run_id)
    where kind <> 2 and discarded_at is null and (status = 3 or (status = 4 and error like 'Dropped: %'));

-- Rows as the engine reads them: text for ids, seconds since 1970 for times, '' and 0 for what is absent.
-- `moved_at`: when the row moved to the history, as the partitions have it.
create view mattock.run_row as
select tenant_id, run_id as key, coalesce(root_id, run_id) as root_key, parent_task_id as parent_key, false as ended,
    run_id::text as run_id, kind, coalesce(root_id::text, '') as root_id, workflow_id::text as workflow_id,
    version_id::text as version_id, coalesce(task_name, '') as task_name, status, attempt, app_failures,
    reassignments, priority, queue_id, sort_key, coalesce(input, '') as input,
    coalesce(metadata::text, '') as metadata, coalesce(output, '') as output, coalesce(error, '') as error, skipped,
    slot_released, coalesce(worker_id::text, '') as worker_id, coalesce(parent_task_id::text, '') as parent_task_id,
    coalesce(parent_run_id::text, '') as parent_run_id, coalesce(child_key, '') as child_key, extra,
    coalesce(extract(epoch from created_at), 0)::float8 as created_at,
    coalesce(extract(epoch from queued_at), 0)::float8 as queued_at,
    coalesce(extract(epoch from assigned_at), 0)::float8 as assigned_at,
    coalesce(extract(epoch from started_at), 0)::float8 as started_at,
    coalesce(extract(epoch from finished_at), 0)::float8 as finished_at,
    coalesce(extract(epoch from due_at), 0)::float8 as due_at,
    null::timestamptz as moved_at
from mattock.run;

create view mattock.finished_run_row as
select tenant_id, run_id as key, coalesce(root_id, run_id) as root_key, parent_task_id as parent_key, true as ended,
    run_id::text as run_id, kind, coalesce(root_id::text, '') as root_id, workflow_id::text as workflow_id,
    version_id::text as version_id, coalesce(task_name, '') as task_name, status, attempt, app_failures,
    reassignments, priority, queue_id, sort_key, coalesce(input, '') as input,
    coalesce(metadata::text, '') as metadata, coalesce(output, '') as output, coalesce(error, '') as error, skipped,
    slot_released, coalesce(worker_id::text, '') as worker_id, coalesce(parent_task_id::text, '') as parent_task_id,
    coalesce(parent_run_id::text, '') as parent_run_id, coalesce(child_key, '') as child_key, extra,
    coalesce(extract(epoch from created_at), 0)::float8 as created_at,
    coalesce(extract(epoch from queued_at), 0)::float8 as queued_at,
    coalesce(extract(epoch from assigned_at), 0)::float8 as assigned_at,
    coalesce(extract(epoch from started_at), 0)::float8 as started_at,
    coalesce(extract(epoch from finished_at), 0)::float8 as finished_at,
    coalesce(extract(epoch from due_at), 0)::float8 as due_at,
    finished_at as moved_at
from mattock.finished_run;

-- Idempotency keys that runs have claimed; times are seconds since 1970.
create table mattock.claim (
    tenant_id uuid not null,
    key text not null,
    run_id uuid not null,
    until float8 not null,
    until_end boolean not null,
    primary key (tenant_id, key)
);
create index claim_until on mattock.claim (until);
