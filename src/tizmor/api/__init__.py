"""The HTTP API: what a browser, a script or another program asks of one workspace.

app ───────── the application: routes, problems, guard, one after the other
server ────── it on a socket, from the first request to the last
guard ─────── which pages and names may ask at all, before anything is read
access ────── who asks: tokens and cookies; scopes: what their token must allow for a route;
              open_streams: ending what they may not see any more
once ──────── requests with a key are carried out once; etags: what is known isn't sent again
problems ──── what went wrong, as RFC 9457 has it
sse ───────── what is told, as a response; connection: one that can be cut off
pages ─────── lists by cursor
exposition ── metrics as Prometheus reads them
openapi ───── the document that describes all of it, with examples
dependencies ─ what routes are given
routes/ ───── by what they are about
schemas/ ──── what comes in, and what goes out beside the engine's own views

Nothing but this package knows FastAPI. What comes in is checked by pydantic, what goes out is
encoded by msgspec (docs/decisions/0022).
"""
