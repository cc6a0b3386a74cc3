-- name: discard_dead_letters
-- Marks runs that failed for good or were dropped as dealt with.
update mattock.finished_run set discarded_at = now()
where tenant_id = $1 and run_id = any ($2::uuid[]) and kind <> 2 and discarded_at is null
    and (status = 3 or (status = 4 and error like 'Dropped: %'))
returning run_id::text as run_id
