"""What an execution did and how long it took, told from its journal as a trace.

projection ── an execution's journal as spans, event by event
steps, undoing ─ of that: steps with their calls and what they wait for, and taking back
drafts ────── spans that are being put together, nested as they are in time
spans ─────── a span, and its form in OTLP; nesting: what lies in what, and when nothing was done
told ──────── spans as they are kept; telling: the journal followed, and told once
recording ─── what agents tell of their own work
sending ───── each span to a collector, once; otlp: how it is asked; tracing: all that goes on
names ─────── what OpenTelemetry's conventions call all of it
trace_context ─ the ids, and W3C Trace Context, by which other systems know them
lines ─────── log lines on their way to the database; handler: those of Python's `logging`
console ───── structlog, and the log as a server shows it
keeping ───── how they are kept; redaction: what must not stand in them
counting ──── metrics: what has ended, added up; observing: all that goes on meanwhile
"""
