-- What starts runs: crons, schedules, user events, webhooks, and transactions of users.

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
create index schedule_run on mattock.schedule (tenant_id, run_id) where run_id is not null;

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
create index event_metadata on mattock.event using gin (metadata jsonb_path_ops) where metadata is not null;

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
