"""What a request may be."""

from __future__ import annotations

from tizmor.core.errors import RequestRefused
from tizmor.core.events import storable

MAX_REQUEST = 20_000
"""Characters."""


def checked_request(request: str) -> str:
    """The request without surrounding space. Raises `RequestRefused`."""
    request = request.strip()
    if request != storable(request):
        raise RequestRefused("the request is not text: it holds bytes that are no UTF-8")
    if not request:
        raise RequestRefused(
            'the request is empty; say what you want done, for example: "what is on my calendar '
            'tomorrow?"'
        )
    if len(request) > MAX_REQUEST:
        raise RequestRefused(
            f"the request has {len(request):,} characters; at most {MAX_REQUEST:,} are read. "
            "Put the material into a document of the workspace and refer to it"
        )
    return request
