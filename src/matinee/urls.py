"""Ports are opened by URL: one table of schemes per port, suggestions for typos, secrets masked."""

import difflib
import importlib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlsplit, urlunsplit

from matinee.errors import MissingExtraError, SettingError

_SECRET = re.compile(r"((?:^|&)[^=&]*(?:password|secret|jaas)[^=&]*=)[^&]*", re.IGNORECASE)


class Adapter(NamedTuple):
    """Where a scheme is implemented: `module:name`, and the extra that brings its driver."""

    target: str
    extra: str | None = None


def load_adapter(url: str, schemes: Mapping[str, Adapter], port: str) -> Any:
    """The class that serves `url`, looked up in the port's table of schemes.

    Raises SettingError for an unknown scheme (with a suggestion), MissingExtraError when the
    adapter's driver is not installed.
    """
    scheme = urlsplit(url).scheme
    if scheme not in schemes:
        raise SettingError(_unknown_scheme(url, scheme, schemes, port))
    adapter = schemes[scheme]
    module, name = adapter.target.split(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ImportError as error:
        if adapter.extra is None:
            raise
        raise MissingExtraError(
            f"{port} {mask(url)} needs {error.name}: pip install 'matinee[{adapter.extra}]'"
        ) from error


def _unknown_scheme(url: str, scheme: str, schemes: Mapping[str, Adapter], port: str) -> str:
    close = difflib.get_close_matches(scheme, schemes, n=1)
    hint = f"did you mean {close[0]}://?" if close else f"known: {', '.join(sorted(schemes))}"
    return f"no {port} speaks {scheme or 'no scheme'}:// ({mask(url)}); {hint}"


def local_path(url: str) -> str:
    """The path of `sqlite:///PATH` or `file:///PATH`: three slashes absolute, none of it decoded.

    >>> local_path("sqlite:////var/matinee/log.db"), local_path("file:///var/lake")
    ('/var/matinee/log.db', '/var/lake')
    """
    path = url.partition("://")[2]
    if not path.startswith("/") or not path.strip("/"):
        raise SettingError(f"{mask(url)} names no file; write it with three slashes, as in sqlite:///PATH")
    return "/" + path.lstrip("/")


def authority_and_path(url: str) -> tuple[str, str]:
    """The server or bucket that `url` names, and the path there, none of it decoded.

    >>> authority_and_path("hdfs://127.0.0.1:9000/a/lake"), authority_and_path("s3://bucket")
    (('127.0.0.1:9000', '/a/lake'), ('bucket', ''))
    """
    authority, slash, path = url.partition("://")[2].partition("/")
    if not authority:
        raise SettingError(
            f"{mask(url)} names no server or bucket; write hdfs://HOST:PORT/PATH or s3://BUCKET/PATH"
        )
    return authority, (slash + path).rstrip("/")


def mask(url: str) -> str:
    """`url` with its password, and what its query says of passwords and secrets, replaced by ***.

    >>> mask("kafka://me:mine@host:9092/?ssl.key.password=mine")
    'kafka://me:***@host:9092/?ssl.key.password=***'
    """
    parts = urlsplit(url)
    query = _SECRET.sub(r"\1***", parts.query)
    user, colon, _ = parts.netloc.rpartition("@")[0].partition(":")
    host = parts.netloc.rpartition("@")[2]
    netloc = f"{user}:***@{host}" if colon else parts.netloc
    if (netloc, query) == (parts.netloc, parts.query):
        return url
    return urlunsplit(parts._replace(netloc=netloc, query=query))
