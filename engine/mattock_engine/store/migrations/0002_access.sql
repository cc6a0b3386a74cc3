-- People, what they may do where, and what they did; tokens of programs; keys of requests.

create table mattock.person (
    person_id uuid primary key,
    email text not null,
    name text not null,
    -- Argon2id; null for those who come by a link or an identity provider.
    password_hash text,
    created_at timestamptz not null default now()
);
create unique index person_email on mattock.person (lower(email));

create table mattock.membership (
    tenant_id uuid not null references mattock.tenant,
    person_id uuid not null references mattock.person on delete cascade,
    role text not null check (role in ('VIEWER', 'MEMBER', 'ADMIN', 'OWNER')),
    created_at timestamptz not null default now(),
    primary key (tenant_id, person_id)
);
create index membership_person on mattock.membership (person_id);

create table mattock.person_session (
    session_hash bytea primary key,
    person_id uuid not null references mattock.person on delete cascade,
    created_at timestamptz not null default now(),
    until timestamptz not null
);
create index person_session_person on mattock.person_session (person_id);

create table mattock.invitation (
    tenant_id uuid not null references mattock.tenant,
    invitation_id uuid not null,
    code_hash bytea not null unique,
    email text not null,
    role text not null check (role in ('VIEWER', 'MEMBER', 'ADMIN', 'OWNER')),
    invited_by text not null,
    created_at timestamptz not null default now(),
    until timestamptz not null,
    primary key (tenant_id, invitation_id)
);

-- Log-in links that were used.
create table mattock.used_code (
    code_hash bytea primary key,
    until timestamptz not null
);

-- Log-ins that failed lately, by what is limited: an address, an e-mail.
create table mattock.login_failure (
    subject text not null,
    at timestamptz not null default now()
);
create index login_failure_subject on mattock.login_failure (subject, at);

create table mattock.signing_key (
    key_id text primary key,
    private_pem text not null,
    created_at timestamptz not null default now()
);

create table mattock.api_token (
    tenant_id uuid not null references mattock.tenant,
    token_id uuid not null,
    name text not null,
    hash bytea not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz,
    role text not null default 'MEMBER' check (role in ('VIEWER', 'MEMBER', 'ADMIN', 'OWNER')),
    primary key (tenant_id, token_id)
);

create table mattock.audit (
    tenant_id uuid not null,
    audit_id uuid not null,
    at timestamptz not null default now(),
    -- A person's e-mail, or a token's name.
    actor text not null,
    actor_id uuid,
    operation text not null,
    target text not null,
    status smallint not null,
    address text not null,
    primary key (tenant_id, audit_id)
);

-- Requests that were made with an `Idempotency-Key`, and how they were answered. `status` is null while one is under
-- way.
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
    body text,
    media_type text,
    primary key (tenant_id, operation, key)
);
create index once_until on mattock.once (until);
