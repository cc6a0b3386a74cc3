-- What tasks tell of themselves while they run: how far they are, figures of their own, and spans of traces.

-- The last progress of an attempt. `began_at` never changes, so that an update touches no index.
create table mattock.task_progress (
    tenant_id uuid not null,
    task_id uuid not null,
    attempt int not null,
    fraction float8 not null,
    text text not null,
    at timestamptz not null,
    began_at timestamptz not null default now(),
    primary key (tenant_id, task_id, attempt)
) with (fillfactor = 70);
create index task_progress_began on mattock.task_progress (began_at);

-- Which figures a workflow has: their number is bounded, and those that nobody gives any more are forgotten.
create table mattock.metric_series (
    tenant_id uuid not null,
    workflow_id uuid not null,
    name text not null,
    labels jsonb not null,
    last_at timestamptz not null default now(),
    primary key (tenant_id, workflow_id, name, labels)
);

-- Figures of tasks, added up by minute.
create table mattock.metric_minute (
    tenant_id uuid not null,
    workflow_id uuid not null,
    name text not null,
    labels jsonb not null,
    minute timestamptz not null,
    total float8 not null,
    count bigint not null,
    low float8 not null,
    high float8 not null,
    primary key (tenant_id, workflow_id, name, minute, labels)
) partition by range (minute);
create table mattock.metric_minute_default partition of mattock.metric_minute default;

-- Spans of traces. Those that name no run belong to the runs of their trace; they go if it turns out to have none.
create table mattock.span (
    tenant_id uuid not null,
    trace_id uuid not null,
    span_id text not null,
    parent_span_id text,
    run_id uuid,
    task_id uuid,
    name text not null,
    kind text not null,
    status text not null,
    message text not null,
    service text not null,
    started_at timestamptz not null,
    -- Nanoseconds since 1970.
    began bigint not null,
    ended bigint not null,
    attributes jsonb not null,
    events jsonb not null,
    stored_at timestamptz not null default now(),
    primary key (tenant_id, trace_id, span_id, started_at)
) partition by range (started_at);
create table mattock.span_default partition of mattock.span default;
create index span_run on mattock.span (tenant_id, run_id) where run_id is not null;
create index span_orphan on mattock.span (stored_at) where run_id is null;
