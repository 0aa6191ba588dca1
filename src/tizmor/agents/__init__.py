"""The built-in agents: a folder per connector, a file per agent; plugins like any other."""
