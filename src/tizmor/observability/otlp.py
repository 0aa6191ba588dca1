"""The OpenTelemetry protocol over HTTP, in protobuf (OTLP 1.x: opentelemetry.io/docs/specs/otlp).

It is loaded only where spans are sent.
"""

from __future__ import annotations

import asyncio
import gzip
import http.client
import math
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1 import trace_pb2

from tizmor.core.errors import Permanent
from tizmor.observability import names, spans
from tizmor.observability.sending import Away, Refused, Taken, TooMuch
from tizmor.observability.spans import Span, Value

TIMEOUT_S = 10.0
PATH = "/v1/traces"
_ANSWER_LIMIT = 64 * 1024
_NS_PER_MS = 1_000_000
_AWAY = frozenset({408, 429, 502, 503, 504})
"""After which the same is to be sent again: the specification's, and 408."""
_TOO_MUCH = 413
_SAID = 300
"""Characters of what a collector said."""


def request(told: Sequence[Span], *, version: str) -> bytes:
    """Spans as an `ExportTraceServiceRequest`."""
    message = ExportTraceServiceRequest()
    group = message.resource_spans.add()
    group.resource.attributes.extend(
        _attributes({"service.name": names.SERVICE, "service.version": version})
    )
    scope = group.scope_spans.add()
    scope.scope.name, scope.scope.version = names.SERVICE, version
    scope.spans.extend(_span(span) for span in told)
    return bytes(message.SerializeToString())


class HttpCollector:
    """A collector at an `http:` or `https:` URL, the specification's base for all signals or that
    of traces. `headers` gives the fields of each request, with their secrets."""

    def __init__(
        self, endpoint: str, *, headers: Callable[[], Mapping[str, str]], version: str
    ) -> None:
        parts = urlsplit(endpoint)
        self._secure = parts.scheme == "https"
        self._host = parts.hostname or ""
        self._port = parts.port
        path = parts.path.rstrip("/")
        self._path = path if path.endswith(PATH) else path + PATH
        self._headers = headers
        self._version = version

    async def take(self, told: Sequence[Span]) -> Taken:
        body = gzip.compress(request(told, version=self._version), compresslevel=5)
        return await asyncio.to_thread(self._post, body)

    def _post(self, body: bytes) -> Taken:
        connecting = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = connecting(self._host, self._port, timeout=TIMEOUT_S)
        try:
            connection.request("POST", self._path, body, self._fields())
            response = connection.getresponse()
            answer = response.read(_ANSWER_LIMIT)
        except (OSError, http.client.HTTPException) as error:
            raise Away(f"{self._host} can't be reached: {type(error).__name__}") from error
        finally:
            connection.close()
        return _meant(response.status, response.getheader("Retry-After"), answer)

    def _fields(self) -> dict[str, str]:
        try:
            fields = dict(self._headers())
        except Permanent as error:
            raise Away(str(error)) from error
        for name, value in fields.items():
            # Said here, as the standard library's error would hold the value.
            if not (value.isascii() and value.isprintable()):
                raise Away(f"the secret of the header {name} can't stand in a header")
        return fields | {
            "Content-Type": "application/x-protobuf",
            "Content-Encoding": "gzip",
            "User-Agent": f"tizmor/{self._version}",
        }


def _meant(status: int, retry_after: str | None, answer: bytes) -> Taken:
    if 200 <= status < 300:
        return _taken(answer)
    if status in _AWAY:
        raise Away(f"it answered {status}", _seconds(retry_after))
    if status == _TOO_MUCH:
        raise TooMuch
    raise Refused(f"it answered {status}")


def _taken(answer: bytes) -> Taken:
    """What was taken, by the answer; one that can't be read says nothing else."""
    try:
        partial = ExportTraceServiceResponse.FromString(answer).partial_success
    except DecodeError:
        return Taken()
    return Taken(max(0, partial.rejected_spans), partial.error_message[:_SAID])


def _seconds(retry_after: str | None) -> float | None:
    """Of a `Retry-After` that gives seconds; a date is passed over."""
    if retry_after is None or not retry_after.strip().isdecimal():
        return None
    seconds = float(retry_after)
    return seconds if math.isfinite(seconds) else None


def _span(told: Span) -> trace_pb2.Span:
    span = trace_pb2.Span(
        trace_id=bytes.fromhex(told.trace_id),
        span_id=bytes.fromhex(told.span_id),
        parent_span_id=bytes.fromhex(told.parent_span_id or ""),
        name=told.name,
        kind=trace_pb2.Span.SpanKind.ValueType(spans.kind(told)),
        start_time_unix_nano=told.start_ms * _NS_PER_MS,
        end_time_unix_nano=(told.start_ms if told.end_ms is None else told.end_ms) * _NS_PER_MS,
        attributes=_attributes(told.attributes),
        links=[
            trace_pb2.Span.Link(
                trace_id=bytes.fromhex(link.trace_id),
                span_id=bytes.fromhex(link.span_id),
                attributes=_attributes({names.RELATION: link.relation}),
            )
            for link in told.links
        ],
    )
    if told.error is not None:
        span.attributes.extend(_attributes({names.ERROR_TYPE: told.error}))
        span.status.code = trace_pb2.Status.STATUS_CODE_ERROR
        span.status.message = told.message
    return span


def _attributes(values: Mapping[str, Value]) -> list[KeyValue]:
    return [KeyValue(key=key, value=_value(value)) for key, value in values.items()]


def _value(value: Value) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int() if -(2**63) <= value < 2**63:
            return AnyValue(int_value=value)
        case int() | float():
            return AnyValue(double_value=float(value))
        case _:
            return AnyValue(string_value=value)
