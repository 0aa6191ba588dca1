"""The ways of running the workloads, a file each."""
