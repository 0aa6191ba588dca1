"""When one answer serves for two calls: their keys, their meaning, and what they were made from."""
