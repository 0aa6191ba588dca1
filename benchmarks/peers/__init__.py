"""The peers, a file each, written as their own documentation does it; each runs in an environment
of its own (`benchmarks/environments`, made from `benchmarks/requirements`)."""
