"""Ports are opened by URL: one table of schemes per port, suggestions for typos, secrets masked."""

import difflib
import importlib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from matinee.errors import MissingExtraError, SettingError

_FORM = re.compile(
    r"(?:(?P<user>[^:@/?#]*)(?P<password>:[^/?#]*)?@)?"
    r"(?P<place>[^@/?#]*(?:/[^@?#]*)?|/[^?#]*)(?:\?(?P<query>[^@#]*))?"
)
"""What stands behind `://` where there is no doubt which part of it is a password."""
_PUBLIC = re.compile(r"(?:partitions|window|days)=\d{1,10}|gaps=(?:refuse|accept)")
"""What a query may say to everyone: settings of ours. One of a driver may be a secret, whatever its name."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_SERVER = re.compile(r"(?:\[[0-9a-fA-F:]+\]|[\w.-]+)(?::\d+)?")


class Adapter(NamedTuple):
    """Where a scheme is implemented: `module:name`, and the extra that brings its driver."""

    target: str
    extra: str | None = None


def load_adapter(url: str, schemes: Mapping[str, Adapter], port: str) -> Any:
    """The class that serves `url`, looked up in the port's table of schemes.

    Raises SettingError for an unknown scheme (with a suggestion), MissingExtraError when the
    adapter's driver is not installed.
    """
    scheme = scheme_of(url)
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


def scheme_of(url: str) -> str:
    """What stands before the first colon of `url`, in small letters; "" where that is no scheme."""
    scheme, colon, _ = url.partition(":")
    return scheme.lower() if colon and _SCHEME.fullmatch(scheme) else ""


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
    if not _SERVER.fullmatch(authority):
        raise SettingError(
            f"{mask(url)} names no server or bucket; write hdfs://HOST:PORT/PATH or s3://BUCKET/PATH"
        )
    return authority, (slash + path).rstrip("/")


def parted(url: str) -> SplitResult:
    """The parts of a URL with passwords. Raises SettingError, which tells none, where they are in doubt."""
    try:
        if _FORM.fullmatch(url.partition("://")[2]):
            return urlsplit(url)
    except ValueError:
        pass
    raise SettingError(
        f"{mask(url)} can be read in several ways; write /, ?, # and @ in a user, a password or the query "
        "as %2F, %3F, %23 and %40"
    )


def mask(url: str) -> str:
    """`url` with *** for its password and for what its query says besides Matinee's own settings.

    Of one in which the password may be anywhere, only the scheme is told.

    >>> mask("kafka://me:mine@host:9092/shop?ssl.key.password=mine&days=7"), mask("kafka://me:mi#ne@host:9092")
    ('kafka://me:***@host:9092/shop?***&days=7', 'kafka://***')
    """
    before, separator, rest = url.partition("://")
    if not _SCHEME.fullmatch(before):
        before, separator, rest = "", "", url
    found = _FORM.fullmatch(rest)
    if found is None:
        return f"{before}{separator}***"
    user, password, place, query = found.groups()
    login = "" if user is None else f"{user}:***@" if password else f"{user}@"
    said = "" if query is None else "?" + "&".join(map(_public, query.split("&")))
    return before + separator + login + place + said


def _public(said: str) -> str:
    return said if not said or _PUBLIC.fullmatch(said) else "***"
