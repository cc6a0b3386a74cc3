-- name: try_lock
-- One replica at a time deletes.
select pg_try_advisory_lock(7261023152)

-- name: tenants
-- Tenants that keep less than so many days.
select tenant_id::text as tenant_id, retention_days from mattock.tenant where retention_days < $1

-- name: delete_expired
-- Rows of a tenant that are older than so many days, some thousands at most.
select mattock.delete_expired_v1($1, $2, $3, (now() at time zone 'utc')::date - $4::int, 2000)

-- name: delete_audit
-- Entries of the audit log that are older than their tenant keeps them, some thousands at most.
with gone as (
    delete from mattock.audit where ctid = any (array(
        select a.ctid from mattock.audit a left join mattock.tenant t using (tenant_id)
        where a.at < ((now() at time zone 'utc')::date
            - least(coalesce(t.retention_days, $1::int), $1::int))::timestamp at time zone 'utc'
        limit 2000)) returning 1)
select count(*) from gone

-- name: delete_schedules
-- Schedules that have fired longer ago, some thousands at most.
with gone as (
    delete from mattock.schedule where ctid = any (array(
        select s.ctid from mattock.schedule s left join mattock.tenant t using (tenant_id)
        where s.run_id is not null and s.at < extract(epoch from ((now() at time zone 'utc')::date
            - least(coalesce(t.retention_days, $1::int), $1::int))::timestamp at time zone 'utc')
        limit 2000)) returning 1)
select count(*) from gone

-- name: get
-- The days that a tenant keeps; null for as long as the server does.
select retention_days from mattock.tenant where tenant_id = $1

-- name: put
-- The days that a tenant keeps from now on.
update mattock.tenant set retention_days = $2 where tenant_id = $1
