-- name: put_tenant
-- A tenant, if its slug is free.
insert into mattock.tenant (tenant_id, slug, name) values ($1, $2, $3) on conflict (slug) do nothing

-- name: get_tenant_by_slug
-- A tenant by its slug.
select tenant_id::text as tenant_id, slug, name, extract(epoch from created_at)::float8 as created_at
from mattock.tenant where slug = $1

-- name: get_tenant
-- A tenant by its id.
select tenant_id::text as tenant_id, slug, name, extract(epoch from created_at)::float8 as created_at
from mattock.tenant where tenant_id = $1

-- name: first_tenant
-- The tenant that is there for the longest time.
select tenant_id::text as tenant_id from mattock.tenant order by created_at, tenant_id limit 1

-- name: put_signing_key
-- A signing key.
insert into mattock.signing_key (key_id, private_pem) values ($1, $2) on conflict do nothing

-- name: signing_keys
-- All signing keys, the oldest first.
select key_id, private_pem from mattock.signing_key order by created_at, key_id

-- name: put_token
-- A token's row; the token itself is kept by nobody.
insert into mattock.api_token (tenant_id, token_id, name, hash, expires_at, role)
values ($1, $2, $3, $4, to_timestamp($5::float8), $6)

-- name: tokens
-- The tokens of a tenant that are not revoked.
select token_id::text as token_id, name, role, extract(epoch from created_at)::float8 as created_at,
    extract(epoch from expires_at)::float8 as expires_at,
    coalesce(extract(epoch from last_used_at), 0)::float8 as last_used_at
from mattock.api_token where tenant_id = $1 and revoked_at is null order by created_at

-- name: note_use
-- These tokens were used just now.
update mattock.api_token set last_used_at = now() where token_id = any ($1::uuid[])

-- name: valid_tokens
-- Hashes and rights of all tokens that are neither revoked nor expired.
select token_id::text as token_id, tenant_id::text as tenant_id, hash, name, role from mattock.api_token
where revoked_at is null and (expires_at is null or expires_at > now())

-- name: revoke_token
-- Revokes a token.
update mattock.api_token set revoked_at = now() where tenant_id = $1 and token_id = $2 and revoked_at is null
returning token_id::text as token_id

-- name: use_code
-- Notes that a log-in link was used; nothing if it was before.
insert into mattock.used_code (code_hash, until) values ($1, to_timestamp($2::float8))
on conflict do nothing returning true as used
