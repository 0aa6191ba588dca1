"""Where traces are sent, and with what."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tizmor.core.schema import BY_NAME
from tizmor.settings.values import text

_FIELD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}")
"""A token of RFC 9110, section 5.6.2."""
_SECRET = re.compile(BY_NAME)
_OURS = frozenset({"content-type", "content-encoding", "content-length", "host", "user-agent"})


def otlp_endpoint(value: object) -> str:
    url = text(value)
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right or not url.isascii() or not url.isprintable() or parts.query or parts.fragment:
        raise ValueError(f"{url!r} is not the http(s) URL of a collector")
    if parts.username is not None or parts.password is not None:
        raise ValueError("the URL of a collector holds no password: name it by otlp_headers")
    return url


def otlp_headers(value: object) -> dict[str, str]:
    if isinstance(value, str):
        parts = (part.partition("=") for part in value.split(",") if part.strip())
        value = {name.strip(): written.strip() for name, _, written in parts}
    if not isinstance(value, dict):
        raise ValueError("it is not a table of header fields and secrets")
    for name, written in value.items():
        if not _FIELD.fullmatch(name) or name.lower() in _OURS:
            raise ValueError(f"{name!r} is no header field that can be chosen")
        if not isinstance(written, str) or not _SECRET.fullmatch(written):
            # What stands there may be the secret itself, so it isn't repeated.
            raise ValueError(f"the value of {name} is not the name of a secret, as secret:NAME")
    return dict(value)
