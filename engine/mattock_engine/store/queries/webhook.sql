-- name: list_webhooks
-- A tenant's webhooks by name.
select * from mattock.webhook_row where tenant_id = $1 order by name

-- name: get_webhook
-- A webhook.
select * from mattock.webhook_row where tenant_id = $1 and name = $2

-- name: insert_webhook
-- A new webhook, if its name is free.
with made as (
    insert into mattock.webhook (tenant_id, webhook_id, name, source, key_expression, scope_expression, payload,
        returns_event, auth_type, auth)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    on conflict do nothing
    returning *
)
select webhook_id::text as webhook_id, name, source, key_expression, scope_expression, payload, returns_event,
    auth_type, auth, accepted, refused::text as refused, extract(epoch from created_at)::float8 as created_at,
    extract(epoch from updated_at)::float8 as updated_at
from made

-- name: change_webhook
-- A webhook as it is from now on; null leaves what is there.
with changed as (
    update mattock.webhook set key_expression = coalesce($3, key_expression),
        scope_expression = coalesce($4, scope_expression), payload = coalesce($5, payload),
        returns_event = coalesce($6, returns_event), auth = coalesce($7, auth), updated_at = now()
    where tenant_id = $1 and name = $2
    returning *
)
select webhook_id::text as webhook_id, name, source, key_expression, scope_expression, payload, returns_event,
    auth_type, auth, accepted, refused::text as refused, extract(epoch from created_at)::float8 as created_at,
    extract(epoch from updated_at)::float8 as updated_at
from changed

-- name: delete_webhook
-- A webhook that is no more, with the marks of its deliveries.
with marks as (delete from mattock.delivery where tenant_id = $1 and webhook = $2)
delete from mattock.webhook where tenant_id = $1 and name = $2

-- name: count_delivery
-- Counts a delivery: as accepted with "", else under the reason why it was refused.
update mattock.webhook set accepted = accepted + ($3 = '')::int,
    refused = case when $3 = '' then refused
        else jsonb_set(refused, array[$3], to_jsonb(coalesce((refused ->> $3)::bigint, 0) + 1)) end
where tenant_id = $1 and name = $2

-- name: remember_delivery
-- Keeps a delivery's mark for so many seconds; no row if it is there already.
insert into mattock.delivery (tenant_id, webhook, mark, until)
values ($1, $2, $3, now() + make_interval(secs => $4))
on conflict (tenant_id, webhook, mark) do update set until = excluded.until where mattock.delivery.until < now()
returning mark

-- name: keep_delivery
-- A delivery that was accepted: its mark stays for so many seconds.
update mattock.delivery set until = now() + make_interval(secs => $4)
where tenant_id = $1 and webhook = $2 and mark = $3

-- name: forget_delivery
-- A delivery that came to nothing.
delete from mattock.delivery where tenant_id = $1 and webhook = $2 and mark = $3

-- name: drop_deliveries
-- Marks that are over.
delete from mattock.delivery where until < now()
