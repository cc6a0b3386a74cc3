-- What lists of a long history need: newest first, whatever is asked for, without reading all of it.

-- A metadata pair as the values that its text may stand for: "5" is the string and the number.
create function mattock.pair_v1(p_key text, p_value text) returns jsonb[] language plpgsql immutable as $$
begin
    if p_value in ('true', 'false') or p_value ~ '^-?(0|[1-9]\d{0,30})(\.\d{1,30})?$' then
        return array[jsonb_build_object(p_key, p_value), jsonb_build_object(p_key, p_value::jsonb)];
    end if;
    return array[jsonb_build_object(p_key, p_value)];
end
$$;

-- Ids of runs (or tasks), the newest first (of one time: the last ids first), after a place; filters that are null do
-- not count.
--
-- The statement is put together from what is asked for, so that each kind of question has a plan of its own. Filters
-- that no index orders (metadata, worker, text, trigger) are looked for among the newest `p_scan` rows first. If
-- that does not fill the page, such rows are few, and the index of metadata finds them all; a text or a trigger is
-- looked for no further: `scanned_to` says how far.
create function mattock.find_runs_v1(
    p_tenant uuid, p_only_tasks boolean, p_since timestamptz, p_until timestamptz, p_statuses smallint[],
    p_workflows uuid[], p_worker uuid, p_parent uuid, p_keys text[], p_values text[], p_every boolean,
    p_text text, p_trigger text, p_after_at timestamptz, p_after_id uuid, p_limit int, p_scan int
) returns table (run_id uuid, created_at timestamptz, finished_at timestamptz, scanned_to timestamptz)
language plpgsql stable as $$
#variable_conflict use_column
declare
    v_exact text := '';
    v_sparse text := '';
    v_pairs text := '';
    v_indexed text := '';
    v_finished text := '';
    v_named uuid[];
    v_id uuid;
    v_low uuid;
    v_high uuid;
    v_seen timestamptz;
    v_created timestamptz;
    v_ended timestamptz;
    v_count int := 0;
    v_fits boolean;
begin
    v_exact := format('tenant_id = %L and %s and created_at >= %L', p_tenant,
        case when p_only_tasks then 'kind in (0, 2)' else 'kind in (0, 1)' end, p_since);
    if p_until is not null then
        v_exact := v_exact || format(' and created_at < %L', p_until);
    end if;
    if p_after_at is not null then
        v_exact := v_exact || format(' and created_at <= %L and (created_at < %L or run_id < %L)',
            p_after_at, p_after_at, p_after_id);
    end if;
    if p_statuses is not null then
        v_exact := v_exact || format(' and status = any (%L::smallint[])', p_statuses);
        if not p_statuses && array[2]::smallint[] then
            v_finished := ' and status in (3, 4)';
        end if;
    end if;
    if cardinality(p_workflows) = 1 then
        v_exact := v_exact || format(' and workflow_id = %L', p_workflows[1]);
    elsif p_workflows is not null then
        v_exact := v_exact || format(' and workflow_id = any (%L::uuid[])', p_workflows);
    end if;
    if p_parent is not null then
        v_exact := v_exact || format(' and parent_task_id = %L', p_parent);
    end if;
    if p_worker is not null then
        v_sparse := v_sparse || format(' and worker_id = %L', p_worker);
        -- It has had nothing since it was heard of last.
        select w.seen_at into v_seen from mattock.worker w where w.tenant_id = p_tenant and w.worker_id = p_worker;
        if found then
            v_exact := v_exact || format(' and created_at <= %L', v_seen + interval '5 minutes');
        end if;
    end if;
    if p_keys is not null then
        select string_agg(format('metadata ->> %L = %L', k, v), case when p_every then ' and ' else ' or ' end),
            string_agg(format('metadata @> any (%L::jsonb[])', mattock.pair_v1(k, v)),
                case when p_every then ' and ' else ' or ' end)
        into v_pairs, v_indexed from unnest(p_keys, p_values) pair (k, v);
        v_sparse := v_sparse || ' and (' || v_pairs || ')';
        v_indexed := ' and metadata is not null and (' || v_indexed || ')';
    end if;
    if p_trigger is not null then
        v_sparse := v_sparse || case p_trigger
            when 'EVENT' then ' and metadata ? ''hatchet__event_id'''
            when 'CRON' then ' and metadata ? ''hatchet__cron_expression'''
            when 'SCHEDULE' then ' and exists (select from mattock.schedule s
                where s.tenant_id = r.tenant_id and s.run_id = r.run_id)'
            when 'RUN' then ' and parent_task_id is not null'
            else ' and parent_task_id is null and not coalesce(metadata ?|
                array[''hatchet__event_id'', ''hatchet__cron_expression''], false) and not exists (
                select from mattock.schedule s where s.tenant_id = r.tenant_id and s.run_id = r.run_id)' end;
    end if;
    if p_text ~ '^[0-9a-fA-F]{8}(-[0-9a-fA-F-]*)?$' then
        -- An id, or how one begins: ids are kept in order.
        v_low := rpad(replace(p_text, '-', ''), 32, '0')::uuid;
        v_high := rpad(replace(p_text, '-', ''), 32, 'f')::uuid;
        return query execute format('
            (select run_id, created_at, null::timestamptz, null::timestamptz from mattock.run r
                where %1$s and run_id between %2$L and %3$L limit %4$s)
            union all
            (select run_id, created_at, finished_at, null::timestamptz from mattock.finished_run r
                where %1$s and run_id between %2$L and %3$L limit %4$s)',
            v_exact || v_sparse, v_low, v_high, p_limit);
        return;
    end if;
    if p_text is not null then
        select array_agg(distinct w.workflow_id) into v_named from mattock.workflow_version w
        where w.tenant_id = p_tenant and strpos(lower(w.name), lower(p_text)) > 0;
        v_sparse := v_sparse || format(' and (workflow_id = any (coalesce(%1$L::uuid[], array[]::uuid[]))
            or strpos(lower(task_name), lower(%2$L)) > 0 or strpos(lower(error), lower(%2$L)) > 0
            or strpos(lower(metadata::text), lower(%2$L)) > 0 or strpos(run_id::text, lower(%2$L)) > 0)', v_named, p_text);
    end if;
    -- Unfinished runs are few enough, or their newest are enough. Their ids begin with their time, but for a moment: an
    -- id is made before its round begins, so that some more than are wanted are looked at.
    return query execute format('select run_id, created_at, null::timestamptz, null::timestamptz
        from (select run_id, created_at from mattock.run r where %s order by run_id desc limit %s) newest
        order by created_at desc, run_id desc limit %s', v_exact || v_sparse, p_limit + 200, p_limit);
    if p_statuses is not null and not p_statuses && array[2, 3, 4]::smallint[] then
        return;
    end if;
    v_exact := v_exact || v_finished;
    if v_sparse = '' then
        return query execute format('select run_id, created_at, finished_at, null::timestamptz
            from mattock.finished_run r where %s order by created_at desc, run_id desc limit %s', v_exact, p_limit);
        return;
    end if;
    for v_id, v_created, v_ended, v_fits in execute format('
        select run_id, created_at, finished_at, (true %s) from mattock.finished_run r
        where %s order by created_at desc, run_id desc limit %s', v_sparse, v_exact, p_scan)
    loop
        v_count := v_count + 1;
        if v_fits then
            run_id := v_id; created_at := v_created; finished_at := v_ended; scanned_to := null;
            return next;
            p_limit := p_limit - 1;
            exit when p_limit = 0;
        end if;
    end loop;
    if p_limit = 0 or v_count < p_scan then
        return;
    end if;
    if p_text is not null or p_trigger is not null then
        run_id := v_id; created_at := v_created; finished_at := null; scanned_to := v_created;
        return next;
        return;
    end if;
    -- The rest, beyond what was looked through.
    v_exact := v_exact || v_sparse || format(' and created_at <= %1$L and (created_at < %1$L or run_id < %2$L)',
        v_created, v_id);
    if v_indexed <> '' then
        return query execute format('with fits as materialized (
                select r.run_id, r.created_at, r.finished_at from mattock.finished_run r where %s)
            select f.*, null::timestamptz from fits f order by f.created_at desc, f.run_id desc limit %s',
            v_exact || v_indexed, p_limit);
    else
        return query execute format('select r.run_id, r.created_at, r.finished_at, null::timestamptz
            from mattock.finished_run r where %s order by created_at desc, run_id desc limit %s', v_exact, p_limit);
    end if;
end
$$;

-- Places of user events in their list, the newest first. `p_signals`: those that are signals, too.
create function mattock.find_events_v1(
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

-- Lines of logs in the order of their time, after a place; filters that are null do not count. What is not asked for by
-- task is looked for among `p_scan` lines; `scanned_to` says how far that was.
create function mattock.find_lines_v1(
    p_tenant uuid, p_since timestamptz, p_until timestamptz, p_text text, p_levels text[], p_attempt int,
    p_tasks uuid[], p_workflows uuid[], p_ascending boolean, p_after_at timestamptz, p_after_id bigint, p_limit int,
    p_offset int, p_scan int
) returns table (
    line_id bigint, task_id uuid, attempt int, at timestamptz, level text, message text, fields text,
    scanned_to timestamptz
) language plpgsql stable as $$
#variable_conflict use_column
declare
    v_exact text := format('tenant_id = %L', p_tenant);
    v_sparse text := '';
    v_order text := case when p_ascending then 'at, line_id' else 'at desc, line_id desc' end;
    v_line record;
    v_count int := 0;
begin
    if p_since is not null then
        v_exact := v_exact || format(' and at >= %L', p_since);
    end if;
    if p_until is not null then
        v_exact := v_exact || format(' and at < %L', p_until);
    end if;
    if p_after_at is not null then
        v_exact := v_exact || case when p_ascending
            then format(' and at >= %1$L and (at > %1$L or line_id > %2$L)', p_after_at, p_after_id)
            else format(' and at <= %1$L and (at < %1$L or line_id < %2$L)', p_after_at, p_after_id) end;
    end if;
    if cardinality(p_tasks) = 1 then
        v_exact := v_exact || format(' and task_id = %L', p_tasks[1]);
    elsif p_tasks is not null then
        v_exact := v_exact || format(' and task_id = any (%L::uuid[])', p_tasks);
    end if;
    if p_text is not null then
        v_sparse := v_sparse || format(' and strpos(lower(message), lower(%L)) > 0', p_text);
    end if;
    if p_levels is not null then
        v_sparse := v_sparse || format(' and level = any (%L::text[])', p_levels);
    end if;
    if p_attempt is not null then
        v_sparse := v_sparse || format(' and attempt = %L', p_attempt);
    end if;
    if p_workflows is not null then
        v_sparse := v_sparse || format(' and (exists (select from mattock.run r
                where r.tenant_id = l.tenant_id and r.run_id = l.task_id and r.workflow_id = any (%1$L::uuid[]))
            or exists (select from mattock.finished_run r
                where r.tenant_id = l.tenant_id and r.run_id = l.task_id and r.workflow_id = any (%1$L::uuid[])))',
            p_workflows);
    end if;
    if v_sparse = '' or p_tasks is not null then
        return query execute format('select line_id, task_id, attempt, at, level, message, fields, null::timestamptz
            from mattock.log_line l where %s order by %s limit %s offset %s',
            v_exact || v_sparse, v_order, p_limit, p_offset);
        return;
    end if;
    for v_line in execute format('select line_id, at, (true %s) as fits from mattock.log_line l where %s
        order by %s limit %s', v_sparse, v_exact, v_order, p_scan)
    loop
        v_count := v_count + 1;
        if v_line.fits then
            if p_offset > 0 then
                p_offset := p_offset - 1;
                continue;
            end if;
            return query execute format('select line_id, task_id, attempt, at, level, message, fields,
                null::timestamptz from mattock.log_line where tenant_id = %L and at = %L and line_id = %L',
                p_tenant, v_line.at, v_line.line_id);
            p_limit := p_limit - 1;
            exit when p_limit = 0;
        end if;
    end loop;
    if p_limit > 0 and v_count = p_scan then
        line_id := v_line.line_id; task_id := null; at := v_line.at; scanned_to := v_line.at;
        return next;
    end if;
end
$$;
