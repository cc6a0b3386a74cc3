-- Keys by which payloads are encrypted, by the name that they have in the ring; '' stands for what was written before
-- there was one. A row goes when nothing is left that needs it.
create table mattock.payload_key (
    name text primary key,
    fingerprint text not null,
    created_at timestamptz not null default now()
);
