"""Which database: a file beside the documents, or one on a PostgreSQL server."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

SERVERS = ("postgresql", "postgres")
_DATABASES = ("sqlite", *SERVERS)


def database_url(value: object) -> str:
    """The URL of a database that there may be. Raises `ValueError`."""
    # The URL may hold a password, so no problem repeats more of it than its scheme.
    if not isinstance(value, str):
        raise ValueError("it is not text")
    try:
        url = urlsplit(value.strip())
        port_is_right = url.port is None or url.port > 0
    except ValueError:
        port_is_right = False
    if not port_is_right:
        raise ValueError(
            "its host or port can't be read: write signs such as / : @ in a password as %2F %3A %40"
        )
    scheme = url.scheme.partition("+")[0]
    if scheme not in _DATABASES:
        known = ", ".join(_DATABASES)
        raise ValueError(f"{scheme!r} is not a database that this version knows ({known})")
    if scheme in SERVERS:
        _check_server(url)
    elif url.netloc or len(url.path.removeprefix("/")) < 2 or url.path.endswith("/"):
        raise ValueError("it names no file: sqlite:// and then a slash and the file's path")
    return value.strip()


def _check_server(url: SplitResult) -> None:
    if not url.path.strip("/") or "/" in url.path.strip("/"):
        raise ValueError("it names no database: the host, a slash, and the database's name")
    if url.fragment:
        raise ValueError("it holds a #: write that sign in a password as %23")
