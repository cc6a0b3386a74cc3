"""What triggers the tasks, one a system; run by `bench.client`."""
