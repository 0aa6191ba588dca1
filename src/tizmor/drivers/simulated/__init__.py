"""The simulated driver: virtual time, a seeded order of everything, faults at every point."""
