-- name: put_channel
-- A new channel, if its name is free.
insert into mattock.alert_channel (tenant_id, channel_id, name, kind, target, shown, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $7) on conflict (tenant_id, name) do nothing
returning channel_id::text as channel_id, name, kind, target, shown, created_at, updated_at

-- name: change_channel
-- A channel as it is from now on.
update mattock.alert_channel set name = $3, target = $4, shown = $5, updated_at = $6
where tenant_id = $1 and channel_id = $2
returning channel_id::text as channel_id, name, kind, target, shown, created_at, updated_at

-- name: channels
-- A tenant's channels by name.
select channel_id::text as channel_id, name, kind, target, shown, created_at, updated_at
from mattock.alert_channel where tenant_id = $1 order by name

-- name: channel
-- A channel.
select channel_id::text as channel_id, name, kind, target, shown, created_at, updated_at
from mattock.alert_channel where tenant_id = $1 and channel_id = $2

-- name: drop_channel
-- A channel that is no more; rules go on without it, and what was on its way to it is given up.
with rules as (
    update mattock.alert_rule set channel_ids = array_remove(channel_ids, $2)
    where tenant_id = $1 and $2 = any (channel_ids)
), notices as (
    update mattock.alert_notice set due_at = null, problem = 'the channel was deleted'
    where tenant_id = $1 and channel_id = $2 and due_at is not null
)
delete from mattock.alert_channel where tenant_id = $1 and channel_id = $2 returning true as dropped

-- name: put_rule
-- A new rule, if its name is free.
insert into mattock.alert_rule (tenant_id, rule_id, name, kind, workflow, threshold, window_seconds, minimum_runs,
    hold_seconds, repeat_seconds, channel_ids, enabled, created_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13) on conflict (tenant_id, name) do nothing
returning rule_id::text as rule_id

-- name: change_rule
-- A rule as it is from now on; its alert ends if it is switched off.
with ended as (
    update mattock.alert a set resolved_at = $13 from mattock.alert_rule r
    where not $12 and r.tenant_id = $1 and r.rule_id = $2 and a.tenant_id = $1 and a.alert_id = r.alert_id
)
update mattock.alert_rule set name = $3, kind = $4, workflow = $5, threshold = $6, window_seconds = $7,
    minimum_runs = $8, hold_seconds = $9, repeat_seconds = $10, channel_ids = $11, enabled = $12, updated_at = $13,
    pending_since = case when $12 then pending_since else 0 end, alert_id = case when $12 then alert_id end
where tenant_id = $1 and rule_id = $2 returning rule_id::text as rule_id

-- name: rules
-- A tenant's rules by name.
select tenant_id::text as tenant_id, rule_id::text as rule_id, name, kind, workflow, threshold, window_seconds,
    minimum_runs, hold_seconds, repeat_seconds, channel_ids::text[] as channel_ids, enabled, created_at, updated_at,
    pending_since, alert_id::text as alert_id
from mattock.alert_rule where tenant_id = $1 and ($2::uuid is null or rule_id = $2) order by name

-- name: watched_rules
-- The rules of all tenants that are switched on, with when their alerts were told last.
select r.tenant_id::text as tenant_id, r.rule_id::text as rule_id, r.name, r.kind, r.workflow, r.threshold,
    r.window_seconds, r.minimum_runs, r.hold_seconds, r.repeat_seconds, r.channel_ids::text[] as channel_ids, r.enabled,
    r.created_at, r.updated_at, r.pending_since, r.alert_id::text as alert_id, coalesce(a.notified_at, 0) as notified_at,
    coalesce(a.fired_at, 0) as fired_at
from mattock.alert_rule r
left join mattock.alert a on a.tenant_id = r.tenant_id and a.alert_id = r.alert_id
where r.enabled order by r.tenant_id, r.rule_id

-- name: drop_rule
-- A rule that is no more, and the end of its alert.
with ended as (
    update mattock.alert set resolved_at = $3 where tenant_id = $1 and rule_id = $2 and resolved_at = 0
)
delete from mattock.alert_rule where tenant_id = $1 and rule_id = $2 returning true as dropped

-- name: mark_pending
-- Since when a rule holds; 0 if it does not.
update mattock.alert_rule set pending_since = $3 where tenant_id = $1 and rule_id = $2 and alert_id is null

-- name: fire
-- An alert, unless there is one for the rule, with its messages.
with taken as (
    update mattock.alert_rule set alert_id = $3
    where tenant_id = $1 and rule_id = $2 and alert_id is null and enabled
    returning *
), fired as (
    insert into mattock.alert (tenant_id, alert_id, rule_id, rule, kind, workflow, summary, details, value, fired_at,
        notified_at)
    select tenant_id, $3, rule_id, name, kind, workflow, $5, $6, $7, $4, $4 from taken
)
insert into mattock.alert_notice (tenant_id, notice_id, alert_id, channel_id, kind, at, body, due_at)
select $1, gen_random_uuid(), $3, channel_id, 'FIRED', $4, $8, $4 from taken, unnest(taken.channel_ids) as channel_id
returning notice_id

-- name: remind
-- An alert that still holds is told again, unless somebody has told it since `$5`.
with told as (
    update mattock.alert set notified_at = $4, summary = $6, details = $7, value = $8
    where tenant_id = $1 and alert_id = $3 and resolved_at = 0 and notified_at = $5
    returning *
)
insert into mattock.alert_notice (tenant_id, notice_id, alert_id, channel_id, kind, at, body, due_at)
select $1, gen_random_uuid(), $3, channel_id, 'REMINDER', $4, $9, $4
from told, mattock.alert_rule r, unnest(r.channel_ids) as channel_id where r.tenant_id = $1 and r.rule_id = $2
returning notice_id

-- name: resolve
-- An alert that is over, with its messages.
with taken as (
    update mattock.alert_rule set alert_id = null, pending_since = 0
    where tenant_id = $1 and rule_id = $2 and alert_id = $3
    returning *
), over as (
    update mattock.alert a set resolved_at = $4 from taken where a.tenant_id = $1 and a.alert_id = $3
)
insert into mattock.alert_notice (tenant_id, notice_id, alert_id, channel_id, kind, at, body, due_at)
select $1, gen_random_uuid(), $3, channel_id, 'RESOLVED', $4, $5, $4 from taken, unnest(taken.channel_ids) as channel_id
returning notice_id

-- name: due_tenants
-- Tenants with messages that are due.
select distinct tenant_id::text as tenant_id from mattock.alert_notice where due_at <= $1

-- name: claim_notices
-- Messages of these tenants that are due, each for this caller alone: until the next attempt's time nobody else gets it.
update mattock.alert_notice n set attempts = n.attempts + 1,
    due_at = $2 + ($3::float8[])[least(n.attempts + 1, array_length($3::float8[], 1))]
from (
    select tenant_id, notice_id from mattock.alert_notice
    where due_at <= $2 and tenant_id = any ($1::uuid[]) order by due_at limit $4 for update skip locked
) d
where n.tenant_id = d.tenant_id and n.notice_id = d.notice_id
returning n.tenant_id::text as tenant_id, n.notice_id::text as notice_id, n.channel_id::text as channel_id, n.body,
    n.attempts

-- name: settle_notice
-- How an attempt went: sent at a time, or 0 and why not; `$5` gives it up.
update mattock.alert_notice set sent_at = $3::float8, problem = $4,
    due_at = case when $3::float8 > 0 or $5 then null else due_at end
where tenant_id = $1 and notice_id = $2

-- name: list_alerts
-- Alerts, those that hold first, then the newest.
select alert_id::text as alert_id, rule_id::text as rule_id, rule, kind, workflow, summary, details, value, fired_at,
    notified_at, resolved_at
from mattock.alert
where tenant_id = $1 and ($2::boolean is null or (resolved_at = 0) = $2)
    and ($5::boolean is null or (resolved_at <> 0, -fired_at, alert_id) > ($5, -$6::float8, $7::uuid))
order by resolved_at <> 0, fired_at desc, alert_id limit $3 offset $4

-- name: notices
-- The messages about these alerts.
select n.alert_id::text as alert_id, n.kind, n.at, n.attempts, n.due_at, n.sent_at, n.problem,
    coalesce(c.name, '') as channel
from mattock.alert_notice n
left join mattock.alert_channel c on c.tenant_id = n.tenant_id and c.channel_id = n.channel_id
where n.tenant_id = $1 and n.alert_id = any ($2::uuid[]) order by n.at, c.name

-- name: drop_old
-- Alerts that were over before a time, with their messages.
with gone as (
    delete from mattock.alert where resolved_at > 0 and resolved_at < $1 returning tenant_id, alert_id
)
delete from mattock.alert_notice n using gone where n.tenant_id = gone.tenant_id and n.alert_id = gone.alert_id

-- name: count_failures
-- Runs of a workflow, or all, that failed from one time to another.
select count(*)::int as failed from mattock.finished_run
where tenant_id = $1 and status = 3 and kind <> 2
    and finished_at > to_timestamp($2::float8) and finished_at <= to_timestamp($3::float8)
    and ($4::uuid is null or workflow_id = $4)

-- name: count_ended
-- Runs of a workflow, or all, that ended from one time to another, the cancelled ones left out.
select count(*)::int as ended from mattock.finished_run
where tenant_id = $1 and status in (2, 3) and kind <> 2
    and finished_at > to_timestamp($2::float8) and finished_at <= to_timestamp($3::float8)
    and ($4::uuid is null or workflow_id = $4)

-- name: newest_failures
-- The newest of those that failed.
select r.run_id::text as run_id, v.name as workflow, coalesce(nullif(r.error, ''), (
        select t.error from mattock.finished_run t
        where r.kind = 1 and t.tenant_id = $1 and t.root_id = r.run_id and t.status = 3 limit 1), '') as error,
    extract(epoch from r.finished_at)::float8 as finished_at
from mattock.finished_run r
join mattock.workflow_version v on v.tenant_id = r.tenant_id and v.version_id = r.version_id
where r.tenant_id = $1 and r.status = 3 and r.kind <> 2
    and r.finished_at > to_timestamp($2::float8) and r.finished_at <= to_timestamp($3::float8)
    and ($4::uuid is null or r.workflow_id = $4)
order by r.finished_at desc limit $5

-- name: oldest_queued
-- For each action with waiting tasks: since when the oldest waits. A loose scan: of each queue it reads the two ends of
-- each rank (core/run.py, sort_key_of). Workflows that are paused wait by somebody's will.
with recursive queue (queue_id) as (
    (select queue_id from mattock.run where tenant_id = $1 and status = 0 and queue_id <> 0 order by queue_id limit 1)
    union all
    select (select r.queue_id from mattock.run r
            where r.tenant_id = $1 and r.status = 0 and r.queue_id <> 0 and r.queue_id > queue.queue_id
            order by r.queue_id limit 1)
    from queue where queue.queue_id is not null
)
select v.name as workflow, coalesce(lower(v.name || ':' || o.task_name), '') as action,
    extract(epoch from min(o.queued_at))::float8 as since
from queue cross join generate_series(0, 3) as rank cross join lateral (
    (select workflow_id, version_id, task_name, queued_at from mattock.run r
     where r.tenant_id = $1 and r.status = 0 and r.queue_id <> 0 and r.queue_id = queue.queue_id
        and r.sort_key >= rank::bigint << 60 and r.sort_key < (rank + 1)::bigint << 60 order by r.sort_key limit 1)
    union all
    (select workflow_id, version_id, task_name, queued_at from mattock.run r
     where r.tenant_id = $1 and r.status = 0 and r.queue_id <> 0 and r.queue_id = queue.queue_id
        and r.sort_key >= rank::bigint << 60 and r.sort_key < (rank + 1)::bigint << 60 order by r.sort_key desc limit 1)
) o
join mattock.workflow_version v on v.tenant_id = $1 and v.version_id = o.version_id
left join mattock.pause p on p.tenant_id = $1 and p.workflow_id = o.workflow_id and p.paused
where queue.queue_id is not null and p.workflow_id is null and ($2::uuid is null or o.workflow_id = $2)
group by 1, 2 order by since

-- name: live_workers
-- What the connected workers, those that are paused left out, can run.
select name, actions from mattock.worker
where tenant_id = $1 and removed_at is null and not paused and seen_at > to_timestamp($2::float8)

-- name: expiring_tokens
-- Tokens that expire between two times.
select name, extract(epoch from expires_at)::float8 as expires_at from mattock.api_token
where tenant_id = $1 and revoked_at is null and expires_at > to_timestamp($2::float8)
    and expires_at <= to_timestamp($3::float8)
order by expires_at

-- name: workflow_by_name
-- The id of a workflow.
select workflow_id::text as workflow_id from mattock.workflow_version where tenant_id = $1 and latest and name = $2
