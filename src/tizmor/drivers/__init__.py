"""Drivers say how to wake up, what time it is, and who owns an execution; all run one pump."""
