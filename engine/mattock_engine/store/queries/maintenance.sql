-- name: server_version
-- The server's version as a number.
select current_setting('server_version_num')::int

-- name: lock_migrations
-- One migration at a time in the whole cluster.
select pg_advisory_lock(7261023150)

-- name: unlock_migrations
-- The next one may migrate.
select pg_advisory_unlock(7261023150)

-- name: create_migration_table
-- Where migrations are recorded.
create schema if not exists mattock;
create table if not exists mattock.migration (
    version int primary key, name text not null, checksum text not null, applied_at timestamptz not null default now())

-- name: migrations
-- What has been applied.
select version, name, checksum from mattock.migration order by version

-- name: has_migrations
-- Whether anything has been applied.
select to_regclass('mattock.migration') is not null

-- name: record_migration
-- Records a migration.
insert into mattock.migration (version, name, checksum) values ($1, $2, $3)

-- name: partitions
-- Partitions of a table, by name.
select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
where i.inhparent = ('mattock.' || $1)::regclass

-- name: add_partitions
-- Partitions for some days from today on.
select mattock.add_partition_v1(t, (now() at time zone 'utc')::date + d)
from unnest(array['finished_run', 'task_event', 'log_line', 'event', 'event_run', 'metric_minute',
    'span']) t, generate_series(-1, $1::int) d

-- name: drop_claims
-- Claims of idempotency keys that are over.
delete from mattock.claim where until < extract(epoch from now())

-- name: drop_partitions
-- Drops what has ended more than so many days ago.
select sum(mattock.drop_partitions_v1(t, (now() at time zone 'utc')::date - $1::int))
from unnest(array['finished_run', 'task_event', 'log_line', 'event', 'event_run', 'metric_minute',
    'span']) t

-- name: drop_used_codes
-- Log-in links that would be too old anyway.
delete from mattock.used_code where until < now()

-- name: forget_replicas
-- Replicas of the server that a backup was made of.
delete from mattock.replica

-- name: forget_leases
-- Nobody owns a tenant after a restore; epochs go on from where they were.
update mattock.lease set replica_id = null, expires_at = now()

-- name: analyze
-- Statistics for the planner, which a backup does not hold.
analyze
