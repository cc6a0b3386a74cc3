-- Alerts: where they go, the rules, what has fired, and the messages about it. Times are seconds since 1970, 0 for
-- none.

create table mattock.alert_channel (
    tenant_id uuid not null references mattock.tenant,
    channel_id uuid not null,
    name text not null,
    kind text not null check (kind in ('EMAIL', 'SLACK', 'WEBHOOK')),
    -- Encrypted: addresses, URL, secret.
    target text not null,
    -- As people see it: the addresses, or the URL's host.
    shown text not null,
    created_at float8 not null,
    updated_at float8 not null,
    primary key (tenant_id, channel_id),
    unique (tenant_id, name)
);

create table mattock.alert_rule (
    tenant_id uuid not null references mattock.tenant,
    rule_id uuid not null,
    name text not null,
    kind text not null,
    workflow text not null,
    threshold float8 not null,
    window_seconds float8 not null,
    minimum_runs int not null,
    hold_seconds float8 not null,
    repeat_seconds float8 not null,
    channel_ids uuid[] not null,
    enabled boolean not null,
    created_at float8 not null,
    updated_at float8 not null,
    -- Since when it holds without a break, 0 if it does not; and the alert that has fired for it.
    pending_since float8 not null default 0,
    alert_id uuid,
    primary key (tenant_id, rule_id),
    unique (tenant_id, name)
) with (fillfactor = 80);

create table mattock.alert (
    tenant_id uuid not null,
    alert_id uuid not null,
    rule_id uuid not null,
    rule text not null,
    kind text not null,
    workflow text not null,
    summary text not null,
    details text not null,
    value float8 not null,
    fired_at float8 not null,
    notified_at float8 not null,
    resolved_at float8 not null default 0,
    primary key (tenant_id, alert_id)
);
create index alert_fired on mattock.alert (tenant_id, fired_at desc);

-- Messages to channels. `due_at` is when it is tried (again); null once it was sent or given up.
create table mattock.alert_notice (
    tenant_id uuid not null,
    notice_id uuid not null,
    alert_id uuid not null,
    channel_id uuid not null,
    kind text not null check (kind in ('FIRED', 'REMINDER', 'RESOLVED')),
    at float8 not null,
    body text not null,
    attempts int not null default 0,
    due_at float8,
    sent_at float8 not null default 0,
    problem text not null default '',
    primary key (tenant_id, notice_id)
);
create index alert_notice_due on mattock.alert_notice (due_at) where due_at is not null;
create index alert_notice_alert on mattock.alert_notice (tenant_id, alert_id);
