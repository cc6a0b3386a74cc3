-- name: claim
-- Claims a key for a request, for so many seconds; one that was given up half-way, or is over, is taken up again. No row
-- if another request has it. `again`: it was given up by a request that may have done its work.
insert into mattock.once as o (tenant_id, operation, key, fingerprint, seed, until, leased_until)
values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6), now() + make_interval(secs => $7))
on conflict (tenant_id, operation, key) do update set
    seed = case when o.until < now() then excluded.seed else o.seed end, fingerprint = excluded.fingerprint,
    until = excluded.until, leased_until = excluded.leased_until, status = null, body = null
where o.until < now() or (o.status is null and o.leased_until < now() and o.fingerprint = excluded.fingerprint)
returning seed::text as seed, seed <> $5 as again

-- name: look
-- How a key's request stands.
select fingerprint, status, body, media_type from mattock.once where tenant_id = $1 and operation = $2 and key = $3

-- name: answer
-- Keeps the answer.
update mattock.once set status = $4, body = $5, media_type = $6 where tenant_id = $1 and operation = $2 and key = $3

-- name: release
-- The request was refused: the key is free.
delete from mattock.once where tenant_id = $1 and operation = $2 and key = $3 and status is null

-- name: drop_old
-- Forgets keys that are over.
delete from mattock.once where until < now()
