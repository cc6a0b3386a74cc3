-- The first schema. Every key begins with the tenant. Unfinished work stands in `run` (small, hot); what has ended
-- stands in `finished_run`, partitioned by the day of its end, and is dropped by partition.

create schema if not exists mattock;

create table mattock.tenant (
    tenant_id uuid primary key,
    slug text not null unique,
    name text not null,
    created_at timestamptz not null default now()
);

create table mattock.setting (
    key text primary key,
    value text not null
);

create table mattock.signing_key (
    key_id text primary key,
    private_pem text not null,
    created_at timestamptz not null default now()
);

create table mattock.api_token (
    tenant_id uuid not null references mattock.tenant,
    token_id uuid not null,
    name text not null,
    hash bytea not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    primary key (tenant_id, token_id)
);

-- Log-in links that were used.
create table mattock.used_code (
    code_hash bytea primary key,
    until timestamptz not null
);

create table mattock.replica (
    replica_id uuid primary key,
    address text not null,
    started_at timestamptz not null default now(),
    heartbeat_at timestamptz not null default now()
);

-- Who decides for a tenant. The epoch grows with each owner; each transaction of an owner checks it.
create table mattock.lease (
    tenant_id uuid primary key,
    epoch bigint not null default 0,
    replica_id uuid,
    expires_at timestamptz not null default now()
) with (fillfactor = 10);

create table mattock.workflow_version (
    tenant_id uuid not null,
    workflow_id uuid not null,
    version_id uuid not null,
    name text not null,
    ord int not null,
    definition text not null,
    latest boolean not null,
    created_at timestamptz not null default now(),
    primary key (tenant_id, version_id),
    unique (tenant_id, workflow_id, ord)
);
create unique index workflow_latest on mattock.workflow_version (tenant_id, name) where latest;

create table mattock.worker (
    tenant_id uuid not null,
    worker_id uuid not null,
    name text not null,
    actions text[] not null,
    slots text not null,
    labels text not null,
    runtime text not null,
    paused boolean not null,
    seen_at timestamptz not null,
    created_at timestamptz not null default now(),
    removed_at timestamptz,
    primary key (tenant_id, worker_id)
);

-- Statuses: 0 QUEUED, 1 RUNNING, 2 COMPLETED, 3 FAILED, 4 CANCELLED, 5 EVICTED, 6 BACKOFF, 7 PENDING (spec/state_machine.md).
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
    check (status in (2, 3, 4))
) partition by range (finished_at);
create table mattock.finished_run_default partition of mattock.finished_run default;
create index finished_run_id on mattock.finished_run (tenant_id, run_id);
create index finished_run_created on mattock.finished_run (tenant_id, created_at desc, run_id);
create index finished_run_root on mattock.finished_run (tenant_id, root_id) where root_id is not null;
create index finished_run_parent on mattock.finished_run (tenant_id, parent_task_id, child_key)
    where parent_task_id is not null;

-- Units that are left of a key in its window (core/limit.py). Times are seconds since 1970, 0 for none.
create table mattock.rate_limit (
    tenant_id uuid not null,
    key text not null,
    limit_value bigint not null,
    window_seconds float8 not null,
    value bigint not null,
    began_at float8 not null,
    paused_until float8 not null,
    declared boolean not null,
    primary key (tenant_id, key)
) with (fillfactor = 50);

create table mattock.task_event (
    tenant_id uuid not null,
    event_id bigint generated always as identity,
    task_id uuid not null,
    run_id uuid not null,
    attempt int not null,
    kind text not null,
    at timestamptz not null,
    message text not null,
    error text not null,
    worker_id uuid
) partition by range (at);
create table mattock.task_event_default partition of mattock.task_event default;
create index task_event_task on mattock.task_event (tenant_id, run_id, task_id);

-- Steps of durable tasks (core/row.py, StepRow); they go with their tasks. Kinds: 1 run, 2 wait, 3 memo. `place` is the
-- order in which they were settled, 0 while open. Times are seconds since 1970.
create table mattock.step (
    tenant_id uuid not null,
    task_id uuid not null,
    branch int not null,
    node int not null,
    kind smallint not null check (kind between 1 and 3),
    fingerprint text not null,
    what text not null,
    label text not null,
    child_id uuid,
    conditions text,
    met text,
    invocation int not null,
    recorded_at float8 not null,
    place bigint not null,
    settled_at float8 not null,
    payload text,
    failed boolean not null,
    primary key (tenant_id, task_id, branch, node)
) with (fillfactor = 80);
create index step_open on mattock.step (tenant_id, task_id) where place = 0 and kind in (1, 2);

-- Incoming webhooks; `auth` is encrypted. `delivery` holds marks of what came lately, so that none counts twice.
create table mattock.webhook (
    tenant_id uuid not null,
    webhook_id uuid not null,
    name text not null,
    source text not null,
    key_expression text not null,
    scope_expression text not null,
    payload text not null,
    returns_event boolean not null,
    auth_type text not null,
    auth text not null,
    accepted bigint not null default 0,
    refused jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, name)
) with (fillfactor = 70);

create view mattock.webhook_row as
select tenant_id, webhook_id::text as webhook_id, name, source, key_expression, scope_expression, payload,
    returns_event, auth_type, auth, accepted, refused::text as refused,
    extract(epoch from created_at)::float8 as created_at, extract(epoch from updated_at)::float8 as updated_at
from mattock.webhook;

create table mattock.delivery (
    tenant_id uuid not null,
    webhook text not null,
    mark text not null,
    until timestamptz not null,
    primary key (tenant_id, webhook, mark)
);
create index delivery_until on mattock.delivery (until);

-- Workflows that are, or were, paused; times are seconds since 1970.
create table mattock.pause (
    tenant_id uuid not null,
    workflow_id uuid not null,
    paused boolean not null,
    since float8 not null,
    drop_crons boolean not null,
    drop_schedules boolean not null,
    patience float8 not null,
    primary key (tenant_id, workflow_id)
);

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

-- Times of crons and schedules are seconds since 1970.
create table mattock.cron (
    tenant_id uuid not null,
    cron_id uuid not null,
    workflow text not null,
    expression text not null,
    name text not null,
    timezone text not null,
    input text not null,
    metadata text not null,
    priority smallint not null,
    enabled boolean not null,
    declared boolean not null,
    missed text not null check (missed in ('skip', 'one', 'all')),
    overlap text not null check (overlap in ('allow', 'skip', 'queue', 'cancel')),
    jitter float8 not null,
    created_at float8 not null,
    next_at float8 not null,
    last_run_id uuid,
    pending int not null,
    problem text not null,
    primary key (tenant_id, cron_id)
) with (fillfactor = 70);

create table mattock.schedule (
    tenant_id uuid not null,
    schedule_id uuid not null,
    workflow text not null,
    at float8 not null,
    input text not null,
    metadata jsonb,
    priority smallint not null,
    parent_task_id uuid,
    child_key text not null,
    created_at float8 not null,
    run_id uuid,
    problem text not null,
    primary key (tenant_id, schedule_id)
);
create index schedule_next on mattock.schedule (tenant_id, at, schedule_id) where run_id is null;
create index schedule_created on mattock.schedule (tenant_id, created_at desc);

-- User events, by the day of their acceptance, and the runs that they started.
create table mattock.event (
    tenant_id uuid not null,
    event_id uuid not null,
    at timestamptz not null,
    key text not null,
    payload text not null,
    metadata jsonb,
    scope text,
    priority smallint not null,
    problem text,
    primary key (tenant_id, event_id, at)
) partition by range (at);
create table mattock.event_default partition of mattock.event default;
create index event_at on mattock.event (tenant_id, at desc);
create index event_key on mattock.event (tenant_id, key, at desc);

create table mattock.event_run (
    tenant_id uuid not null,
    event_id uuid not null,
    at timestamptz not null,
    run_id uuid not null,
    filter_id uuid,
    primary key (tenant_id, event_id, run_id, at)
) partition by range (at);
create table mattock.event_run_default partition of mattock.event_run default;

-- Filters made by the API; a workflow's definition brings others.
create table mattock.filter (
    tenant_id uuid not null,
    filter_id uuid not null,
    workflow_id uuid not null,
    scope text not null,
    expression text not null,
    payload text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    primary key (tenant_id, filter_id)
);

create table mattock.log_line (
    tenant_id uuid not null,
    line_id bigint generated always as identity,
    task_id uuid not null,
    attempt int not null,
    at timestamptz not null,
    level text not null,
    message text not null,
    fields text not null
) partition by range (at);
create table mattock.log_line_default partition of mattock.log_line default;
create index log_line_task on mattock.log_line (tenant_id, task_id, at);

-- Rows as the engine reads them: text for ids, seconds since 1970 for times, '' and 0 for what is absent.
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
    coalesce(extract(epoch from due_at), 0)::float8 as due_at
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
    coalesce(extract(epoch from due_at), 0)::float8 as due_at
from mattock.finished_run;

-- Runs that users enqueued in transactions of their own; a row goes when its run comes.
create table mattock.enqueued (
    tenant_id uuid not null,
    place bigint generated always as identity,
    run_id uuid not null,
    workflow text not null,
    input jsonb not null,
    metadata jsonb,
    priority smallint not null,
    created_at timestamptz not null default now(),
    problem text,
    primary key (tenant_id, place)
);

-- A UUID of version 7.
create function mattock.new_id() returns uuid language sql volatile as $$
    select (lpad(to_hex(floor(extract(epoch from clock_timestamp()) * 1000)::bigint), 12, '0') || '7'
        || substr(replace(gen_random_uuid()::text, '-', ''), 14))::uuid
$$;

-- Starts a run exactly if the caller's transaction commits. `tenant` is a slug or an id.
create function mattock.enqueue(
    tenant text, workflow text, input jsonb default '{}', metadata jsonb default null, priority int default 0,
    run_id uuid default null
) returns uuid language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    v_tenant uuid;
    v_run uuid := coalesce(run_id, mattock.new_id());
begin
    select t.tenant_id into v_tenant from mattock.tenant t where t.slug = tenant or t.tenant_id::text = tenant;
    if v_tenant is null then
        raise exception 'tenant: no tenant %', quote_nullable(tenant) using errcode = 'invalid_parameter_value';
    end if;
    if not exists (select from mattock.workflow_version v
                   where v.tenant_id = v_tenant and v.name = enqueue.workflow and v.latest) then
        raise exception 'workflow: no workflow %', quote_nullable(workflow) using errcode = 'invalid_parameter_value';
    end if;
    if coalesce(jsonb_typeof(input), '') <> 'object' then
        raise exception 'input: expected a JSON object' using errcode = 'invalid_parameter_value';
    end if;
    if metadata is not null and jsonb_typeof(metadata) <> 'object' then
        raise exception 'metadata: expected a JSON object' using errcode = 'invalid_parameter_value';
    end if;
    if priority is null or priority not between 0 and 3 then
        raise exception 'priority: expected 1 to 3, or 0 for the default' using errcode = 'invalid_parameter_value';
    end if;
    insert into mattock.enqueued (tenant_id, run_id, workflow, input, metadata, priority)
    values (v_tenant, v_run, workflow, input, metadata, priority);
    perform pg_notify('mattock', 'enqueued ' || v_tenant);
    return v_run;
end
$$;

-- The owner of a tenant writes: refuses an epoch that is not the current one, and holds off a successor until the
-- end of the transaction.
create function mattock.fence_v1(p_tenant uuid, p_epoch bigint) returns void language plpgsql as $$
begin
    perform 1 from mattock.lease where tenant_id = p_tenant and epoch = p_epoch for share;
    if not found then
        raise exception 'lease of tenant % in epoch % is lost', p_tenant, p_epoch using errcode = 'MT001';
    end if;
end
$$;

-- One round of one tenant: new rows, changed rows, rows that have ended. One call, one round trip.
create function mattock.commit_v1(
    p_tenant uuid, p_epoch bigint,
    i_run uuid[], i_kind smallint[], i_root uuid[], i_workflow uuid[], i_version uuid[], i_task text[],
    i_status smallint[], i_attempt int[], i_priority smallint[], i_queue bigint[], i_key bigint[], i_input text[],
    i_metadata text[], i_error text[], i_skipped boolean[], i_worker uuid[], i_parent_task uuid[],
    i_parent_run uuid[], i_child text[], i_extra text[], i_created float8[], i_queued float8[], i_assigned float8[],
    i_started float8[], i_finished float8[], i_due float8[],
    u_run uuid[], u_status smallint[], u_attempt int[], u_app int[], u_reassigned int[], u_queue bigint[], u_key bigint[],
    u_output text[], u_error text[], u_skipped boolean[], u_released boolean[], u_worker uuid[], u_extra text[],
    u_queued float8[], u_assigned float8[], u_started float8[], u_finished float8[], u_due float8[],
    f_run uuid[], f_status smallint[], f_attempt int[], f_app int[], f_reassigned int[], f_output text[],
    f_error text[], f_skipped boolean[], f_worker uuid[], f_extra text[], f_queued float8[], f_assigned float8[], f_started float8[],
    f_finished float8[]
) returns void language plpgsql as $$
begin
    perform mattock.fence_v1(p_tenant, p_epoch);
    if cardinality(i_run) > 0 then
        insert into mattock.run (
            tenant_id, run_id, kind, root_id, workflow_id, version_id, task_name, status, attempt, app_failures,
            reassignments, priority, queue_id, sort_key, input, metadata, error, skipped, slot_released, worker_id,
            parent_task_id, parent_run_id, child_key, extra, created_at, queued_at, assigned_at, started_at,
            finished_at, due_at)
        select p_tenant, run, kind, root, workflow, version, task, status, attempt, 0, 0, priority, queue, key, input,
            metadata::jsonb, error, skipped, false, worker, parent_task, parent_run, child, extra, to_timestamp(created),
            to_timestamp(queued), to_timestamp(assigned), to_timestamp(started), to_timestamp(finished),
            to_timestamp(due)
        from unnest(i_run, i_kind, i_root, i_workflow, i_version, i_task, i_status, i_attempt, i_priority, i_queue,
            i_key, i_input, i_metadata, i_error, i_skipped, i_worker, i_parent_task, i_parent_run, i_child, i_extra, i_created,
            i_queued, i_assigned, i_started, i_finished, i_due)
            as u (run, kind, root, workflow, version, task, status, attempt, priority, queue, key, input, metadata,
                error, skipped, worker, parent_task, parent_run, child, extra, created, queued, assigned, started,
                finished, due);
    end if;
    if cardinality(u_run) > 0 then
        update mattock.run r
        set status = u.status, attempt = u.attempt, app_failures = u.app, reassignments = u.reassigned,
            queue_id = u.queue, sort_key = u.key, output = u.output, error = u.error, skipped = u.skipped, slot_released = u.released,
            worker_id = u.worker, extra = coalesce(u.extra, r.extra), queued_at = to_timestamp(u.queued), assigned_at = to_timestamp(u.assigned),
            started_at = to_timestamp(u.started), finished_at = to_timestamp(u.finished), due_at = to_timestamp(u.due)
        from unnest(u_run, u_status, u_attempt, u_app, u_reassigned, u_queue, u_key, u_output, u_error, u_skipped,
            u_released, u_worker, u_extra, u_queued, u_assigned, u_started, u_finished, u_due)
            as u (run, status, attempt, app, reassigned, queue, key, output, error, skipped, released, worker, extra, queued,
                assigned, started, finished, due)
        where r.tenant_id = p_tenant and r.run_id = any (u_run) and r.run_id = u.run;
    end if;
    if cardinality(f_run) > 0 then
        with ended as (
            delete from mattock.run r
            using unnest(f_run, f_status, f_attempt, f_app, f_reassigned, f_output, f_error, f_skipped, f_worker,
                f_extra, f_queued, f_assigned, f_started, f_finished)
                as u (run, status, attempt, app, reassigned, output, error, skipped, worker, extra, queued, assigned,
                    started, finished)
            where r.tenant_id = p_tenant and r.run_id = any (f_run) and r.run_id = u.run
            returning r.run_id, r.kind, r.root_id, r.workflow_id, r.version_id, r.task_name, u.status, u.attempt,
                u.app, u.reassigned, r.priority, r.queue_id, r.sort_key, r.input, r.metadata, u.output, u.error,
                u.skipped, r.slot_released, u.worker, r.parent_task_id, r.parent_run_id, r.child_key,
                coalesce(u.extra, r.extra) as extra, r.created_at, u.queued, u.assigned, u.started, u.finished
        )
        insert into mattock.finished_run (
            tenant_id, run_id, kind, root_id, workflow_id, version_id, task_name, status, attempt, app_failures,
            reassignments, priority, queue_id, sort_key, input, metadata, output, error, skipped, slot_released,
            worker_id, parent_task_id, parent_run_id, child_key, extra, created_at, queued_at, assigned_at, started_at,
            finished_at)
        select p_tenant, run_id, kind, root_id, workflow_id, version_id, task_name, status, attempt, app, reassigned,
            priority, queue_id, sort_key, input, metadata, output, error, skipped, slot_released, worker,
            parent_task_id, parent_run_id, child_key, extra, created_at, to_timestamp(queued), to_timestamp(assigned),
            to_timestamp(started), to_timestamp(finished)
        from ended;
    end if;
end
$$;

-- Daily partitions of the tables that only grow.
create function mattock.add_partition_v1(p_table text, p_day date) returns void language plpgsql as $$
declare
    v_name text := p_table || '_' || to_char(p_day, 'YYYYMMDD');
begin
    if to_regclass('mattock.' || v_name) is null then
        execute format('create table mattock.%I partition of mattock.%I for values from (%L) to (%L)',
            v_name, p_table, p_day::timestamptz, (p_day + 1)::timestamptz);
    end if;
end
$$;

-- Drops the partitions whose last day lies before `p_before`; returns how many.
create function mattock.drop_partitions_v1(p_table text, p_before date) returns int language plpgsql as $$
declare
    v_name text;
    v_count int := 0;
begin
    for v_name in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = ('mattock.' || p_table)::regclass and c.relname ~ '_\d{8}$'
            and to_date(right(c.relname, 8), 'YYYYMMDD') < p_before
    loop
        if p_table = 'finished_run' then
            execute format('delete from mattock.step s using mattock.%I r
                where s.tenant_id = r.tenant_id and s.task_id = r.run_id', v_name);
        end if;
        execute format('drop table mattock.%I', v_name);
        v_count := v_count + 1;
    end loop;
    return v_count;
end
$$;
