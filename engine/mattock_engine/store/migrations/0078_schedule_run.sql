-- Which schedule has started a run.
create index schedule_run on mattock.schedule (tenant_id, run_id) where run_id is not null;
