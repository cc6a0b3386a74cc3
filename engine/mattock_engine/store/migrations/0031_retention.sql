-- Days that a tenant keeps what has ended; null for as long as the server does.
alter table mattock.tenant add column retention_days int check (retention_days >= 1);

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
        v_steps := ', steps as (delete from mattock.step s using gone where s.tenant_id = $1 and s.task_id = gone.run_id)';
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
