-- Decisions of people, to list the newest.
create index step_approval on mattock.step (tenant_id, settled_at desc)
    where kind = 2 and place <> 0 and label like 'approval:%';
