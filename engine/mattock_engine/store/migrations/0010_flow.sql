-- What a tenant may have at once (core/row.py, TenantLimits); 0 for any number.
create table mattock.tenant_limit (
    tenant_id uuid primary key references mattock.tenant,
    max_queued bigint not null check (max_queued >= 0),
    drop_oldest boolean not null,
    max_running bigint not null check (max_running >= 0),
    pace float8 not null check (pace >= 0)
);

-- A single queue of a workflow may be paused; '' stands for all of them.
alter table mattock.pause add column task_name text not null default '';
alter table mattock.pause drop constraint pause_pkey;
alter table mattock.pause add primary key (tenant_id, workflow_id, task_name);

-- A worker that takes nothing new, and is shown as drained once it holds nothing.
alter table mattock.worker add column draining boolean not null default false;

-- What failed for good, and nobody has dealt with: failed, or dropped without having run. `discarded_at` marks what
-- was dealt with; a replay takes the row, and the mark with it.
alter table mattock.finished_run add column discarded_at timestamptz;
create index finished_run_dead on mattock.finished_run (tenant_id, finished_at, run_id)
    where kind <> 2 and discarded_at is null and (status = 3 or (status = 4 and error like 'Dropped: %'));
