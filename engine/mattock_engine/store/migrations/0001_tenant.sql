-- Tenants, who decides for them, and what the whole server keeps. Every key of a tenant's table begins with the tenant.

create schema if not exists mattock;

create table mattock.tenant (
    tenant_id uuid primary key,
    slug text not null unique,
    name text not null,
    created_at timestamptz not null default now(),
    -- Days that it keeps what has ended; null for as long as the server does.
    retention_days int check (retention_days >= 1)
);

-- What a tenant may have at once (core/row.py, TenantLimits); 0 for any number.
create table mattock.tenant_limit (
    tenant_id uuid primary key references mattock.tenant,
    max_queued bigint not null check (max_queued >= 0),
    drop_oldest boolean not null,
    max_running bigint not null check (max_running >= 0),
    pace float8 not null check (pace >= 0)
);

create table mattock.setting (
    key text primary key,
    value text not null
);

-- Keys by which payloads are encrypted, by the name that they have in the ring; '' stands for what was written before
-- there was one. A row goes when nothing is left that needs it.
create table mattock.payload_key (
    name text primary key,
    fingerprint text not null,
    created_at timestamptz not null default now()
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
