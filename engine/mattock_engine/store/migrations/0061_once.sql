-- Requests that were made with an `Idempotency-Key`, and how they were answered. `status` is null while one is under way.
create table mattock.once (
    tenant_id uuid not null,
    operation text not null,
    key text not null,
    fingerprint bytea not null,
    -- From it come the ids of what the request makes, so that one that is taken up again makes nothing twice.
    seed uuid not null,
    until timestamptz not null,
    leased_until timestamptz not null,
    status smallint,
    body bytea,
    media_type text,
    primary key (tenant_id, operation, key)
);
create index once_until on mattock.once (until);
