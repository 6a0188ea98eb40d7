"""The ratings of a MovieLens: columns in memory, events made a batch at a time."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import polars as pl

from matinee.errors import SourceError
from matinee.events.codec import EARLIEST, MOST_AHEAD
from matinee.events.types import Event
from matinee.progress import Progress, silent
from matinee.sources.base import BATCH, SetAside, Unreadable, short
from matinee.sources.files import Files, decode
from matinee.sources.movielens.layouts import Layout, columns, split

SOURCE = "movielens"
WANTED = ("user", "movie", "value", "seconds")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Ratings:
    """Ratings in true order: by time, those of one second in the order of the file.

    `frame` has the columns user, movie and seconds since the epoch (Int64) and value (Float64).
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        self.frame = frame.sort("seconds", maintain_order=True)

    def __len__(self) -> int:
        return self.frame.height

    def batches(self, start: int = 0, size: int = BATCH) -> Iterator[list[Event]]:
        """The events from the `start`-th on, `size` at a time; only those of one batch exist at once."""
        for first in range(start, len(self), size):
            yield _events(self.frame.slice(first, size))


def _events(part: pl.DataFrame) -> list[Event]:
    """One event per row; its id says all that the rating says, so that it is the same every time."""
    told = part.select(
        id=pl.concat_str(pl.lit(SOURCE), "user", "movie", "seconds", "value", separator="/"),
        user=pl.col("user").cast(pl.String),
        movie=pl.col("movie").cast(pl.String),
        value="value",
        seconds="seconds",
    )
    return [
        Event(
            id=id_,
            type="rating",
            user=user,
            movie=movie,
            at=_EPOCH + timedelta(seconds=seconds),
            value=value,
            source=SOURCE,
        )
        for id_, user, movie, value, seconds in zip(*map(pl.Series.to_list, told), strict=True)
    ]


def read_ratings(files: Files, layout: Layout, aside: SetAside, progress: Progress = silent) -> pl.DataFrame:
    """All ratings of `files` that can be read, in the order of the file, with the columns of `Ratings`.

    The rows that cannot be read go to `aside` with their reason.
    """
    name, parts, line = layout.ratings, [_NONE], 1
    names: list[str] = []
    for chunk in files.chunks(name):
        lines = _lines(chunk, line)
        line += lines.height
        if not names:
            names, lines = _header(lines, layout)
        rows = _parsed(lines, names, layout.separator)
        _set_aside(rows.filter(pl.col("reason").is_not_null()), name, aside)
        parts.append(rows.filter(pl.col("reason").is_null()).select(WANTED))
        progress("reading ratings", sum(part.height for part in parts), None)
    return pl.concat(parts)


_NONE = pl.DataFrame(schema={"user": pl.Int64, "movie": pl.Int64, "value": pl.Float64, "seconds": pl.Int64})


def _lines(chunk: bytes, first: int) -> pl.DataFrame:
    """The lines of `chunk` with their numbers, blank ones null."""
    return pl.read_csv(
        io.BytesIO(chunk.replace(b"\x01", b"?")),
        has_header=False,
        separator="\x01",  # in no line now, so that each is one column
        quote_char=None,
        encoding="utf8-lossy",
        schema={"text": pl.String},
    ).with_row_index("line", first)


def _header(lines: pl.DataFrame, layout: Layout) -> tuple[list[str], pl.DataFrame]:
    """The names of the columns, and `lines` without the header."""
    if not layout.comma:
        return list(WANTED), lines
    head = lines.drop_nulls().head(1)
    first = decode((head["text"].to_list() or [""])[0].encode()).strip()
    if not first:
        return list(WANTED), lines
    try:
        names = columns(split(first, layout), WANTED, layout.ratings)
    except ValueError as error:
        raise SourceError(f"{layout.ratings} has no header that can be read: {error}; mend it") from error
    bare = first[0].isdigit() or first[:2].strip('"').isdigit()
    return names, lines if bare else lines.filter(pl.col("line") > head["line"][0])


def _parsed(lines: pl.DataFrame, names: list[str], separator: str) -> pl.DataFrame:
    """`lines` with the columns of WANTED and, for those that cannot be read, the reason."""
    width = len(names)
    fields = pl.col("text").str.split_exact(separator, width).struct
    field = {name: fields.field(f"field_{i}").str.strip_chars(' "\r') for i, name in enumerate(names)}
    whole = {"user": pl.Int64, "movie": pl.Int64, "value": pl.Float64, "seconds": pl.Int64}
    return (
        lines.drop_nulls()
        .with_columns(
            *(field[name].cast(kind, strict=False).alias(name) for name, kind in whole.items()),
            few=fields.field(f"field_{width - 1}").is_null(),
            many=fields.field(f"field_{width}").is_not_null(),
        )
        .with_columns(reason=_reason(width))
    )


def _reason(width: int) -> pl.Expr:
    """Why a row cannot be read: the first rule that it breaks, or null."""
    latest = int((datetime.now(UTC) + MOST_AHEAD).timestamp())
    rules = {
        f"it has fewer than {width} fields": pl.col("few"),
        f"it has more than {width} fields": pl.col("many"),
        "the user is not a whole number below 10^18": ~_in(pl.col("user"), 0, 10**18 - 1),
        "the movie is not a whole number below 10^18": ~_in(pl.col("movie"), 0, 10**18 - 1),
        "the rating is not from 0.5 to 5": ~_in(pl.col("value"), 0.5, 5),
        "the time is not in seconds from 1900 to a day ahead": ~_in(
            pl.col("seconds"), int(EARLIEST.timestamp()), latest
        ),
    }
    return pl.coalesce(pl.when(broken).then(pl.lit(rule)) for rule, broken in rules.items())


def _in(number: pl.Expr, low: float, high: float) -> pl.Expr:
    """Whether `number` is from `low` to `high`; what is no number is not."""
    return number.is_between(low, high).fill_null(value=False)


def _set_aside(rows: pl.DataFrame, name: str, aside: SetAside) -> None:
    for line, reason, text in rows.select("line", "reason", "text").iter_rows():
        aside(Unreadable(name, line, reason, short(text.strip("\r\n"))))
