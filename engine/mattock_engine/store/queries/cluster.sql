-- name: join
-- A replica joins.
insert into mattock.replica (replica_id, address) values ($1, $2)
on conflict (replica_id) do update set address = excluded.address, heartbeat_at = now()

-- name: beat
-- A replica lives.
update mattock.replica set heartbeat_at = now() where replica_id = $1

-- name: leave
-- A replica leaves, and those that died long ago with it.
delete from mattock.replica where replica_id = $1 or heartbeat_at < now() - interval '10 minutes'

-- name: free_tenants
-- Tenants that nobody owns now.
select t.tenant_id::text as tenant_id from mattock.tenant t left join mattock.lease l using (tenant_id)
where l.tenant_id is null or l.replica_id is null or l.expires_at < now()

-- name: acquire
-- Takes these tenants if they are free still: the epoch moves on. (In the order in which all lock leases.)
insert into mattock.lease as l (tenant_id, epoch, replica_id, expires_at)
select id, 1, $1, now() + make_interval(secs => $3) from unnest($2::uuid[]) as id order by id
on conflict (tenant_id) do update
set epoch = l.epoch + 1, replica_id = excluded.replica_id, expires_at = excluded.expires_at
where l.replica_id is null or l.expires_at < now()
returning tenant_id::text as tenant_id, epoch

-- name: renew
-- A replica renews what it owns. A commit of several tenants holds their leases too, by id: in another order, each could
-- wait for the other.
with own as materialized (select tenant_id from mattock.lease where replica_id = $1 order by tenant_id for update)
update mattock.lease set expires_at = now() + make_interval(secs => $2) from own where lease.tenant_id = own.tenant_id
returning lease.tenant_id::text as tenant_id

-- name: release
-- A replica gives back what it owns.
with own as materialized (select tenant_id from mattock.lease where replica_id = $1 order by tenant_id for update)
update mattock.lease set replica_id = null, expires_at = now() from own where lease.tenant_id = own.tenant_id

-- name: owners
-- Who owns what, and where it can be reached.
select l.tenant_id::text as tenant_id, l.replica_id::text as replica_id, r.address
from mattock.lease l join mattock.replica r using (replica_id) where l.expires_at >= now()

-- name: live_replicas
-- How many replicas there are.
select count(*) from mattock.replica where heartbeat_at > now() - interval '5 seconds'

-- name: put_setting
-- A setting of the cluster, if it has no value yet.
insert into mattock.setting (key, value) values ($1, $2) on conflict (key) do nothing

-- name: get_setting
-- The value of a setting.
select value from mattock.setting where key = $1

-- name: notify
-- Tells all replicas.
select pg_notify('mattock', $1)
