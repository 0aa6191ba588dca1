"""The step pipeline: each call passes through middlewares that answer with verdicts, never wait."""
