"""One process, asyncio, the machine's own time."""
