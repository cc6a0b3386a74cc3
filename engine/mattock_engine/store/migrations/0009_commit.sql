-- What the owner of a tenant writes.

-- One round of one tenant: new rows, changed rows, rows that have ended. One call, one round trip.
create function mattock.commit_v1(
    p_tenant uuid, p_epoch bigint,
    i_run uuid[], i_kind smallint[], i_root uuid[], i_workflow uuid[], i_version uuid[], i_task text[],
    i_status smallint[], i_attempt int[], i_priority smallint[], i_queue bigint[], i_key bigint[], i_input text[],
    i_metadata text[], i_error text[], i_skipped boolean[], i_worker uuid[], i_parent_task uuid[],
    i_parent_run uuid[], i_child text[], i_extra text[], i_created float8[], i_queued float8[], i_assigned float8[],
    i_started float8[], i_finished float8[], i_due float8[],
    u_run uuid[], u_status smallint[], u_attempt int[], u_app int[], u_reassigned int[], u_queue bigint[],
    u_key bigint[],
    u_output text[], u_error text[], u_skipped boolean[], u_released boolean[], u_worker uuid[], u_extra text[],
    u_queued float8[], u_assigned float8[], u_started float8[], u_finished float8[], u_due float8[],
    f_run uuid[], f_status smallint[], f_attempt int[], f_app int[], f_reassigned int[], f_output text[],
    f_error text[], f_skipped boolean[], f_worker uuid[], f_extra text[], f_queued float8[],
    f_assigned float8[], f_started float8[], f_finished float8[]
) returns void language plpgsql as $$
begin
    perform mattock.fence_v1(p_tenant, p_epoch);
    if cardinality(i_run) > 0 then
        insert into mattock.run (
            tenant_id, run_id, kind, root_id, workflow_id, version_id, task_name, status, attempt, app_failures,
            reassignments, priority, queue_id, sort_key, input, metadata, error, skipped, slot_released, worker_id,
            parent_task_id, parent_run_id, child_key, extra, created_at, queued_at, assigned_at, started_at,
            finished_at, due_at)
        select p_tenant, run, kind, root, workflow, version, task, status, attempt, 0, 0, priority, queue, key, input,
            metadata::jsonb, error, skipped, false, worker, parent_task, parent_run, child, extra,
            to_timestamp(created), to_timestamp(queued), to_timestamp(assigned), to_timestamp(started),
            to_timestamp(finished), to_timestamp(due)
        from unnest(i_run, i_kind, i_root, i_workflow, i_version, i_task, i_status, i_attempt, i_priority, i_queue,
            i_key, i_input, i_metadata, i_error, i_skipped, i_worker, i_parent_task, i_parent_run, i_child, i_extra,
            i_created, i_queued, i_assigned, i_started, i_finished, i_due)
            as u (run, kind, root, workflow, version, task, status, attempt, priority, queue, key, input, metadata,
                error, skipped, worker, parent_task, parent_run, child, extra, created, queued, assigned, started,
                finished, due);
    end if;
    if cardinality(u_run) > 0 then
        update mattock.run r
        set status = u.status, attempt = u.attempt, app_failures = u.app, reassignments = u.reassigned,
            queue_id = u.queue, sort_key = u.key, output = u.output, error = u.error,
            skipped = u.skipped, slot_released = u.released, worker_id = u.worker, extra = coalesce(u.extra, r.extra),
            queued_at = to_timestamp(u.queued), assigned_at = to_timestamp(u.assigned),
            started_at = to_timestamp(u.started), finished_at = to_timestamp(u.finished), due_at = to_timestamp(u.due)
        from unnest(u_run, u_status, u_attempt, u_app, u_reassigned, u_queue, u_key, u_output, u_error, u_skipped,
            u_released, u_worker, u_extra, u_queued, u_assigned, u_started, u_finished, u_due)
            as u (run, status, attempt, app, reassigned, queue, key, output, error, skipped, released, worker,
                extra, queued, assigned, started, finished, due)
        where r.tenant_id = p_tenant and r.run_id = any (u_run) and r.run_id = u.run;
    end if;
    if cardinality(f_run) > 0 then
        with ended as (
            delete from mattock.run r
            using unnest(f_run, f_status, f_attempt, f_app, f_reassigned, f_output, f_error, f_skipped, f_worker,
                f_extra, f_queued, f_assigned, f_started, f_finished)
                as u (run, status, attempt, app, reassigned, output, error, skipped, worker, extra, queued, assigned,
                    started, finished)
            where r.tenant_id = p_tenant and r.run_id = any (f_run) and r.run_id = u.run
            returning r.run_id, r.kind, r.root_id, r.workflow_id, r.version_id, r.task_name, u.status, u.attempt,
                u.app, u.reassigned, r.priority, r.queue_id, r.sort_key, r.input, r.metadata, u.output, u.error,
                u.skipped, r.slot_released, u.worker, r.parent_task_id, r.parent_run_id, r.child_key,
                coalesce(u.extra, r.extra) as extra, r.created_at, u.queued, u.assigned, u.started, u.finished
        )
        insert into mattock.finished_run (
            tenant_id, run_id, kind, root_id, workflow_id, version_id, task_name, status, attempt, app_failures,
            reassignments, priority, queue_id, sort_key, input, metadata, output, error, skipped, slot_released,
            worker_id, parent_task_id, parent_run_id, child_key, extra, created_at, queued_at, assigned_at, started_at,
            finished_at)
        select p_tenant, run_id, kind, root_id, workflow_id, version_id, task_name, status, attempt, app, reassigned,
            priority, queue_id, sort_key, input, metadata, output, error, skipped, slot_released, worker,
            parent_task_id, parent_run_id, child_key, extra, created_at, to_timestamp(queued), to_timestamp(assigned),
            to_timestamp(started), to_timestamp(finished)
        from ended;
    end if;
end
$$;
