-- name: payload_keys
-- Keys that payloads are encrypted by.
select name, fingerprint from mattock.payload_key order by created_at, name

-- name: put_payload_key
-- A key that payloads are encrypted by from now on. With the first one, what is there is not encrypted yet.
with plain as (
    insert into mattock.payload_key (name, fingerprint)
    select '', '' where not exists (select from mattock.payload_key)
        and exists (select from mattock.signing_key)
)
insert into mattock.payload_key (name, fingerprint) values ($1, $2) on conflict do nothing

-- name: drop_payload_keys
-- Keys that nothing is encrypted by any more.
delete from mattock.payload_key where name <> $1

-- name: try_lock_rotation
-- One rotation at a time in the whole cluster.
select pg_try_advisory_lock(7261023151) as locked

-- name: unlock_rotation
-- The next one may rotate.
select pg_advisory_unlock(7261023151)

-- name: leaves
-- Tables and partitions that hold rows of a table, with their sizes in blocks.
select c.oid::regclass::text as name, (pg_relation_size(c.oid) / current_setting('block_size')::bigint)::bigint as blocks
from pg_class c
where c.relkind = 'r' and (c.oid = ('mattock.' || $1)::regclass or c.oid in (
    select relid from pg_partition_tree(('mattock.' || $1)::regclass) where isleaf))

-- name: old_text
-- A text that is not sealed by the key whose prefix is $1, unless it stays open.
({column} <> '' and not starts_with({column}, $1::text) and {column} not in ({open}))

-- name: old_mixed
-- JSON with a payload in it that is not: an input, or data beside a place.
({column} ~ ('"input":"(?!' || $1::text || ')[^"]') or {column} ~ ('\[[0-9]+,"(?!' || $1::text || ')[^"]'))

-- name: old_rows
-- Rows of some blocks of a table with something that is not sealed by that key, unless others hold them.
select ctid::text as place, {columns} from {table}
where ctid >= $2::text::tid and ctid < $3::text::tid and {old} for update skip locked

-- name: renew_row
-- A row with what is sealed anew.
update {table} set {changes} where ctid = $1::text::tid

-- name: count_old
-- How many such rows a table has.
select count(*) as old from mattock.{table} where {old}
