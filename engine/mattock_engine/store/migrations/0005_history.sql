-- What tasks leave behind: steps of durable ones, events of their lives, lines of logs.

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
-- Decisions of people, to list the newest.
create index step_approval on mattock.step (tenant_id, settled_at desc)
    where kind = 2 and place <> 0 and label like 'approval:%';

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
create index log_line_at on mattock.log_line (tenant_id, at desc, line_id desc);
