-- name: put_person
-- A person, if the e-mail is free.
insert into mattock.person (person_id, email, name, password_hash) values ($1, $2, $3, $4)
on conflict do nothing returning person_id::text as person_id

-- name: person_by_email
-- A person by e-mail.
select person_id::text as person_id, email, name, password_hash from mattock.person where lower(email) = lower($1)

-- name: person
-- A person by id.
select person_id::text as person_id, email, name, password_hash from mattock.person where person_id = $1

-- name: set_password
-- Another password; all sessions of the person end.
with ended as (delete from mattock.person_session where person_id = $1)
update mattock.person set password_hash = $2 where person_id = $1

-- name: rename_person
-- Another name and e-mail; nothing if the e-mail is another person's.
update mattock.person set name = $2, email = $3
where person_id = $1 and not exists (
    select from mattock.person other where lower(other.email) = lower($3) and other.person_id <> $1)
returning person_id::text as person_id

-- name: first_owner
-- The owner of a tenant who is one for the longest time.
select person_id::text as person_id from mattock.membership
where tenant_id = $1 and role = 'OWNER' order by created_at, person_id limit 1

-- name: put_membership
-- What a person may do in a tenant; a role that is there already stays.
insert into mattock.membership (tenant_id, person_id, role) values ($1, $2, $3)
on conflict do nothing returning role

-- name: memberships
-- Where a person may do what.
select tenant_id::text as tenant_id, slug, tenant.name, role from mattock.membership
join mattock.tenant using (tenant_id) where person_id = $1 order by membership.created_at, tenant_id

-- name: members
-- Who may do what in a tenant.
select person_id::text as person_id, email, person.name, role,
    extract(epoch from membership.created_at)::float8 as created_at
from mattock.membership join mattock.person using (person_id) where tenant_id = $1 order by lower(email)

-- name: change_role
-- Another role, unless the last owner would be gone. Who reads the owners locks them: two cannot depose each other.
with owners as materialized (
    select person_id from mattock.membership where tenant_id = $1 and role = 'OWNER' for update)
update mattock.membership set role = $3
where tenant_id = $1 and person_id = $2
    and (role <> 'OWNER' or $3 = 'OWNER' or exists (select from owners where person_id <> $2))
returning role

-- name: drop_membership
-- Takes a person out of a tenant, unless the last owner would be gone.
with owners as materialized (
    select person_id from mattock.membership where tenant_id = $1 and role = 'OWNER' for update)
delete from mattock.membership
where tenant_id = $1 and person_id = $2
    and (role <> 'OWNER' or exists (select from owners where person_id <> $2))
returning role

-- name: put_session
-- A session begins; those of the past go.
with gone as (delete from mattock.person_session where until < now())
insert into mattock.person_session (session_hash, person_id, until) values ($1, $2, to_timestamp($3::float8))

-- name: session
-- Whose session it is.
select person_id::text as person_id, email, name, extract(epoch from until)::float8 as until
from mattock.person_session join mattock.person using (person_id) where session_hash = $1 and until > now()

-- name: drop_session
-- A session ends.
delete from mattock.person_session where session_hash = $1

-- name: put_invitation
-- Somebody is invited; an earlier invitation of the same e-mail goes.
with gone as (delete from mattock.invitation where tenant_id = $1 and lower(email) = lower($4))
insert into mattock.invitation (tenant_id, invitation_id, code_hash, email, role, invited_by, until)
values ($1, $2, $3, $4, $5, $6, to_timestamp($7::float8))

-- name: invitations
-- The open invitations of a tenant.
select invitation_id::text as invitation_id, email, role, invited_by,
    extract(epoch from created_at)::float8 as created_at, extract(epoch from until)::float8 as until
from mattock.invitation where tenant_id = $1 and until > now() order by created_at

-- name: invitation
-- An open invitation by its code.
select tenant_id::text as tenant_id, invitation_id::text as invitation_id, email, role, tenant.name as tenant
from mattock.invitation join mattock.tenant using (tenant_id) where code_hash = $1 and until > now()

-- name: invitations_of
-- The open invitations of an e-mail.
select tenant_id::text as tenant_id, invitation_id::text as invitation_id, email, role
from mattock.invitation where lower(email) = lower($1) and until > now()

-- name: drop_invitation
-- Takes an invitation back, or notes that it was accepted.
delete from mattock.invitation where tenant_id = $1 and invitation_id = $2
returning invitation_id::text as invitation_id

-- name: note_failure
-- A log-in failed.
insert into mattock.login_failure (subject) select unnest($1::text[])

-- name: count_failures
-- How often log-ins failed lately, for each of these; what is older goes.
with gone as (delete from mattock.login_failure where subject = any($1::text[]) and at < now() - make_interval(secs => $2))
select subject, count(*) as count from mattock.login_failure
where subject = any($1::text[]) and at >= now() - make_interval(secs => $2) group by subject

-- name: take_back_failure
-- The newest failure of each of these was none, or is not to count.
delete from mattock.login_failure where ctid in (
    select distinct on (subject) ctid from mattock.login_failure
    where subject = any($1::text[]) order by subject, at desc)

-- name: drop_failures
-- Failures that count no more.
delete from mattock.login_failure where at < now() - make_interval(secs => $1)

-- name: drop_sessions
-- Sessions and invitations that are over.
with invitations as (delete from mattock.invitation where until < now())
delete from mattock.person_session where until < now()

-- name: forget_failures
-- A log-in succeeded.
delete from mattock.login_failure where subject = $1

-- name: put_audit
-- What somebody did.
insert into mattock.audit (tenant_id, audit_id, actor, actor_id, operation, target, status, address)
values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: audit
-- What was done in a tenant before an entry, the newest first.
select audit_id::text as audit_id, extract(epoch from at)::float8 as at, actor, operation, target, status, address
from mattock.audit where tenant_id = $1 and ($2::uuid is null or audit_id < $2)
    and ($3::text = '' or actor ilike '%' || $3 || '%' or operation ilike '%' || $3 || '%' or target ilike '%' || $3 || '%')
    and ($5::text = '' or strpos(lower(actor), lower($5)) > 0)
    and ($6::text = '' or operation = $6)
    and ($7::boolean is null or (status >= 400) = $7)
    and ($8::timestamptz is null or at >= $8) and ($9::timestamptz is null or at < $9)
order by audit_id desc limit $4

-- name: put_tenant
-- A tenant, if its slug is free.
insert into mattock.tenant (tenant_id, slug, name) values ($1, $2, $3) on conflict (slug) do nothing
returning tenant_id::text as tenant_id

-- name: rename_tenant
-- Another name of a tenant.
update mattock.tenant set name = $2 where tenant_id = $1
