"""A collector: a process of its own that takes OTLP over HTTP, and refuses what is malformed.

It reads requests by the protocol's own messages, and holds each span to what the specification
asks of one. Its first answers can be chosen. A line of JSON for each request tells what came.

    python collector.py [STATUS[:RETRY_AFTER] …]
"""

from __future__ import annotations

import gzip
import json
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

_ANSWERS = sys.argv[1:]


class Collector(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, *after = (_ANSWERS.pop(0) if _ANSWERS else "200").split(":")
        spans: list[dict[str, Any]] = []
        try:
            if self.path != "/v1/traces" or "protobuf" not in self.headers["Content-Type"]:
                raise ValueError(self.path)
            spans = read(gzip.decompress(body))
        except (DecodeError, ValueError, OSError):
            status = "400"
        self.answer(int(status), after)
        told = {"status": int(status), "key": self.headers.get("x-api-key"), "spans": spans}
        tell(json.dumps(told))

    def answer(self, status: int, after: list[str]) -> None:
        answer = ExportTraceServiceResponse()
        if status == 299:  # a part of it was not taken
            status, answer.partial_success.rejected_spans = 200, 1
        self.send_response(status)
        for seconds in after:
            self.send_header("Retry-After", seconds)
        content = answer.SerializeToString()
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: object) -> None:
        """Nothing but what came."""


def read(body: bytes) -> list[dict[str, Any]]:
    """The spans of a request. Raises `DecodeError` and `ValueError`."""
    found: list[dict[str, Any]] = []
    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
        if not any(a.key == "service.name" for a in group.resource.attributes):
            raise ValueError("a resource has a service.name")
        for scope in group.scope_spans:
            found.extend(checked(span) for span in scope.spans)
    return found


def checked(span: Any) -> dict[str, Any]:
    right = (
        len(span.trace_id) == 16
        and any(span.trace_id)
        and len(span.span_id) == 8
        and any(span.span_id)
        and len(span.parent_span_id) in (0, 8)
        and span.name
        and 0 < span.start_time_unix_nano <= span.end_time_unix_nano
        and len({a.key for a in span.attributes}) == len(span.attributes)
        and all(len(link.trace_id) == 16 and len(link.span_id) == 8 for link in span.links)
    )
    if not right:
        raise ValueError("this is no span")
    return {
        "trace": span.trace_id.hex(),
        "id": span.span_id.hex(),
        "parent": span.parent_span_id.hex(),
        "name": span.name,
        "kind": span.kind,
        "error": span.status.message if span.status.code == 2 else None,
        "attributes": {
            a.key: getattr(a.value, a.value.WhichOneof("value")) for a in span.attributes
        },
        "ms": (span.end_time_unix_nano - span.start_time_unix_nano) // 1_000_000,
    }


def value(told: Any) -> Any:
    return getattr(told, told.WhichOneof("value"))


def tell(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        tell(str(server.server_address[1]))
        server.serve_forever()
