-- Partitions: those to come, and what goes with old ones.

-- Daily partitions of the tables that only grow.
create function mattock.add_partition_v1(p_table text, p_day date) returns void language plpgsql as $$
declare
    v_name text := p_table || '_' || to_char(p_day, 'YYYYMMDD');
begin
    if to_regclass('mattock.' || v_name) is null then
        execute format('create table mattock.%I partition of mattock.%I for values from (%L) to (%L)',
            v_name, p_table, p_day::timestamptz, (p_day + 1)::timestamptz);
    end if;
end
$$;

-- Drops the partitions whose last day lies before `p_before`; returns how many.
create function mattock.drop_partitions_v1(p_table text, p_before date) returns int language plpgsql as $$
declare
    v_name text;
    v_count int := 0;
begin
    for v_name in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = ('mattock.' || p_table)::regclass and c.relname ~ '_\d{8}$'
            and to_date(right(c.relname, 8), 'YYYYMMDD') < p_before
    loop
        if p_table = 'finished_run' then
            execute format('delete from mattock.step s using mattock.%I r
                where s.tenant_id = r.tenant_id and s.task_id = r.run_id', v_name);
        end if;
        execute format('drop table mattock.%I', v_name);
        v_count := v_count + 1;
    end loop;
    return v_count;
end
$$;

-- Deletes rows of a tenant from the partitions of days before `p_before`, and from the default partition; so many at
-- most, and returns how many. With runs go the steps of their durable tasks.
create function mattock.delete_expired_v1(p_table text, p_column text, p_tenant uuid, p_before date, p_limit int)
returns int language plpgsql as $$
declare
    v_name text;
    v_steps text := '';
    v_count int;
begin
    if p_table = 'finished_run' then
        v_steps := ', steps as (
            delete from mattock.step s using gone where s.tenant_id = $1 and s.task_id = gone.run_id)';
    end if;
    for v_name in
        select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = ('mattock.' || p_table)::regclass
            and (c.relname !~ '_\d{8}$' or to_date(right(c.relname, 8), 'YYYYMMDD') < p_before)
        order by c.relname
    loop
        execute format(
            'with gone as (delete from mattock.%1$I r where ctid = any (array(
                select ctid from mattock.%1$I where tenant_id = $1 and %2$I < $2 limit $3)) returning *)%3$s
            select count(*) from gone', v_name, p_column, v_steps)
        into v_count using p_tenant, p_before::timestamp at time zone 'utc', p_limit;
        if v_count > 0 then
            return v_count;
        end if;
    end loop;
    return 0;
end
$$;
