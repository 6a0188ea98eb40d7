"""What went wrong with a table, and what to do about it: one place that reads foreign error messages."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import polars as pl
import pyarrow as pa
from deltalake.exceptions import CommitFailedError, DeltaError, DeltaProtocolError, SchemaMismatchError

from matinee.errors import LakeError

_ADVICE: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("No space left", "os error 28", "File too large", "os error 27", "Disk quota", "os error 122"),
        "the disk is full; free some space and start again, nothing half-written counts",
    ),
    (
        ("Permission denied", "os error 13", "Read-only file system", "os error 30"),
        "it may not be written or read by this user; check the rights of the folder",
    ),
    (
        ("reader version", "writer version", "reader features", "writer features", "protocol"),
        "it was written by a newer program; upgrade matinee and deltalake to open it",
    ),
    (
        ("loading credentials", "CredentialsNotLoaded", "no providers in chain"),
        "its keys are missing; set the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    (
        ("Connection refused", "error sending request", "lookup address", "timed out", "Connection reset"),
        "its server does not answer; see that it is up, and that the address is right",
    ),
    (
        ("AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId", "403 Forbidden", "401 Unauthorized"),
        "its keys are refused; check the variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    (
        ("NoSuchBucket",),
        "there is no such bucket; make it, or name another",
    ),
    (
        ("No such file", "not found", "NotFound"),
        "a file that it names is gone; read again, and if it stays so restore the table from a backup",
    ),
)
_COLOURS = re.compile(r"\x1b\[\d*m")
_DAMAGED = (
    "it is damaged; restore it from a backup, or move the whole lake away and let the stream build it anew "
    "from the log"
)


@contextmanager
def explained(what: str, url: str) -> Iterator[None]:
    """Turn every failure of the libraries inside into a LakeError that says what to do about `url`."""
    try:
        yield
    except SchemaMismatchError as error:
        raise LakeError(f"{what} {url}: the columns do not fit the table ({_line(error)})") from error
    except DeltaProtocolError as error:
        raise LakeError(f"{what} {url}: {_ADVICE[2][1]} ({_line(error)})") from error
    except CommitFailedError as error:
        raise LakeError(
            f"{what} {url}: other writers keep coming first; try again ({_line(error)})"
        ) from error
    except (DeltaError, OSError, pa.ArrowException, pl.exceptions.PolarsError) as error:
        raise LakeError(f"{what} {url}: {_advice(str(error))} ({_line(error)})") from error


def _advice(message: str) -> str:
    return next((advice for signs, advice in _ADVICE if any(sign in message for sign in signs)), _DAMAGED)


def _line(error: Exception) -> str:
    return " ".join(_COLOURS.sub("", str(error)).split())[:300]
