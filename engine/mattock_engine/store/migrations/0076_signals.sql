-- Signals to durable tasks are kept as events: lists have them only when they are asked for.
drop function mattock.find_events_v1(
    uuid, text[], timestamptz, timestamptz, uuid[], smallint[], uuid[], text[], text[], text[], timestamptz, uuid,
    int, int, int, text);

-- Places of user events in their list, the newest first. `p_signals`: those that are signals, too.
create function mattock.find_events_v2(
    p_tenant uuid, p_keys text[], p_since timestamptz, p_until timestamptz, p_workflows uuid[], p_statuses smallint[],
    p_ids uuid[], p_names text[], p_values text[], p_scopes text[], p_after_at timestamptz, p_after_id uuid,
    p_limit int, p_offset int, p_scan int, p_text text, p_signals boolean
) returns table (event_id uuid, at timestamptz) language plpgsql stable as $$
#variable_conflict use_column
declare
    v_exact text := format('tenant_id = %L', p_tenant);
    v_sparse text := '';
    v_pairs text := '';
    v_count int;
    v_found int;
begin
    if not p_signals then
        v_exact := v_exact || ' and not starts_with(key, ''mattock:signal/'')';
    end if;
    if p_since is not null then
        v_exact := v_exact || format(' and at >= %L', p_since);
    end if;
    if p_until is not null then
        v_exact := v_exact || format(' and at < %L', p_until);
    end if;
    if p_after_at is not null then
        v_exact := v_exact || format(' and at <= %1$L and (at < %1$L or event_id < %2$L)', p_after_at, p_after_id);
    end if;
    if cardinality(p_keys) = 1 then
        v_exact := v_exact || format(' and key = %L', p_keys[1]);
    elsif p_keys is not null then
        v_exact := v_exact || format(' and key = any (%L::text[])', p_keys);
    end if;
    if p_ids is not null then
        v_exact := v_exact || format(' and event_id = any (%L::uuid[])', p_ids);
    end if;
    if p_scopes is not null then
        v_sparse := v_sparse || format(' and scope = any (%L::text[])', p_scopes);
    end if;
    if p_text is not null then
        -- Looked for among the newest `p_scan` of what the other filters leave.
        v_sparse := v_sparse || format(
            ' and (event_id::text = lower(%1$L) or strpos(lower(key), lower(%1$L)) > 0 or strpos(lower(payload), lower(%1$L)) > 0)',
            p_text);
    end if;
    if p_names is not null then
        select v_sparse || string_agg(format(' and metadata ->> %L = %L', k, v), ''),
            ' and metadata is not null'
                || string_agg(format(' and metadata @> any (%L::jsonb[])', mattock.pair_v1(k, v)), '')
        into v_sparse, v_pairs from unnest(p_names, p_values) pair (k, v);
    end if;
    if p_workflows is not null or p_statuses is not null then
        v_sparse := v_sparse || format(' and exists (
            select from mattock.event_run x where x.tenant_id = e.tenant_id and x.event_id = e.event_id and x.at = e.at
            and exists (
                select from mattock.run r where r.tenant_id = e.tenant_id and r.run_id = x.run_id
                    and coalesce(r.workflow_id = any (%1$L::uuid[]), true) and coalesce(r.status = any (%2$L::smallint[]), true)
                union all
                select from mattock.finished_run r where r.tenant_id = e.tenant_id and r.run_id = x.run_id
                    and coalesce(r.workflow_id = any (%1$L::uuid[]), true) and coalesce(r.status = any (%2$L::smallint[]), true)
            ))', p_workflows, p_statuses);
    end if;
    if v_pairs <> '' then
        -- Metadata that many events have are found among the newest; what few have, by its index.
        execute format('select count(*), count(*) filter (where true %s) from (
            select * from mattock.event e where %s order by at desc, event_id desc limit %s) e',
            v_sparse, v_exact, p_scan) into v_count, v_found;
        if v_count = p_scan and v_found < p_limit + p_offset then
            return query execute format('with fits as materialized (
                    select event_id, at from mattock.event e where %s)
                select * from fits order by at desc, event_id desc limit %s offset %s',
                v_exact || v_pairs || v_sparse, p_limit, p_offset);
            return;
        end if;
    end if;
    return query execute format('select event_id, at from mattock.event e where %s
        order by at desc, event_id desc limit %s offset %s', v_exact || v_sparse, p_limit, p_offset);
end
$$;
