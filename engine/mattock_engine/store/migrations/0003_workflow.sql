-- Workflows, what holds them back, and workers.

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

-- Workflows, or single queues of them (`task_name`, '' for all), that are, or were, paused; times are seconds since
-- 1970.
create table mattock.pause (
    tenant_id uuid not null,
    workflow_id uuid not null,
    paused boolean not null,
    since float8 not null,
    drop_crons boolean not null,
    drop_schedules boolean not null,
    patience float8 not null,
    task_name text not null default '',
    primary key (tenant_id, workflow_id, task_name)
);

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
    -- It takes nothing new, and is shown as drained once it holds nothing.
    draining boolean not null default false,
    primary key (tenant_id, worker_id)
);
