"""The quick way for what `encode` wrote: the columns of plain events out of their bytes, all at once."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from matinee.events.codec import EARLIEST, MOST_AHEAD
from matinee.events.types import MOST_CHARACTERS
from matinee.events.wire import LEAST_STARS, MOST_STARS, MOST_WATCHED

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_TEXT, _NAME = r"[ !#-\[\]-~]", r"[ !#-.0-\[\]-~]"
"""Printable ASCII that stands for itself in JSON; in a name also no slash."""
_DAY = "(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
_AT = rf"(?:19|20|21)[0-9]{{2}}-{_DAY}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{{6}})?Z"
_NUMBER = r"(?:0|[1-9][0-9]{0,5})(?:\.[0-9]+)?"
_PLAIN = (
    rf'^\{{"id":"{_TEXT}+","type":"(?:view|like|dislike|rating)","user":"{_NAME}+","movie":"{_NAME}+"'
    rf',"at":"{_AT}"(?:,"value":{_NUMBER})?(?:,"source":"{_TEXT}*")?\}}$'
)
"""The form of a plain event. No quote in it belongs to a text, so that their places tell the fields."""
_ID, _TYPE, _USER, _MOVIE, _TIME, _VALUE = 2, 6, 10, 14, 18, 20
"""The number of the quote that opens each text; of a value, the one that opens its name."""
_QUOTE = ord('"')
_TIMES = pa.timestamp("us", tz="UTC")
_EARLIEST = round(EARLIEST.timestamp() * 1e6)
_MOST_AHEAD = round(MOST_AHEAD.total_seconds() * 1e6)


class Plain(NamedTuple):
    """The plain ones of many events: `places` says which, the columns have one row for each of them."""

    places: Ints
    id: pa.StringArray
    type: pa.StringArray
    user: pa.StringArray
    movie: pa.StringArray
    value: pa.DoubleArray
    source: pa.StringArray
    at: pa.TimestampArray


def plain(values: pa.BinaryArray, appended: Ints) -> Plain:
    """The views, likes, dislikes and ratings among `values` that look as `encode` writes nearly all of them.

    Each is what `decode_stored` makes of it as of `appended`, in UTC microseconds. The others are for
    `decode_stored`: they may be valid too.
    """
    # As text they are matched in half the time; bytes that are none do not match.
    matched = pc.match_substring_regex(values.view(pa.string()), _PLAIN)
    form = _Form.of(values, np.flatnonzero(pc.fill_null(matched, fill_value=False)))
    at, value = form.times(), form.numbers()
    valid = form.short() & _meant(form.initials(), value)
    valid &= (at >= _EARLIEST) & (at <= appended[form.places] + _MOST_AHEAD)
    if not valid.all():
        form, at, value = form.only(valid), at[valid], value[valid]
    return Plain(
        places=form.places,
        id=form.texts(_ID),
        type=form.texts(_TYPE),
        user=form.texts(_USER),
        movie=form.texts(_MOVIE),
        value=pa.array(value, mask=np.isnan(value)),
        source=form.sources(),
        at=pa.array(at).view(_TIMES),
    )


def _meant(initials: npt.NDArray[np.uint8], value: npt.NDArray[np.float64]) -> Bools:
    """Whether each type has the value that it must have; NaN is none."""
    rated = (value >= LEAST_STARS) & (value <= MOST_STARS)
    watched = np.isnan(value) | ((value >= 0) & (value <= MOST_WATCHED))
    kinds = [initials == ord("r"), initials == ord("v")]
    chosen: Bools = np.select(kinds, [rated, watched], np.isnan(value))
    return chosen


@dataclass(frozen=True)
class _Form:
    """Values of the form: which they are, where each ends, and where its quotes are in what is joined."""

    places: Ints
    joined: pa.Buffer
    quotes: Ints
    first: Ints
    """Of each value, the index of its first quote in `quotes`."""
    count: Ints
    ends: Ints

    @classmethod
    def of(cls, values: pa.BinaryArray, places: Ints) -> "_Form":
        _, offsets, joined = values.buffers()
        bounds = np.zeros(1, np.int64)
        if len(values):
            bounds = np.frombuffer(offsets, np.int32)[values.offset :][: len(values) + 1].astype(np.int64)
        joined = joined or pa.py_buffer(b"")
        content = np.frombuffer(joined, np.uint8)[bounds[0] : bounds[-1]]
        quotes = np.flatnonzero(content == _QUOTE) + bounds[0]
        first = np.searchsorted(quotes, bounds)
        return cls(places, joined, quotes, first[places], np.diff(first)[places], bounds[1:][places])

    def only(self, chosen: Bools) -> "_Form":
        return replace(
            self,
            places=self.places[chosen],
            first=self.first[chosen],
            count=self.count[chosen],
            ends=self.ends[chosen],
        )

    def short(self) -> Bools:
        """Whether no text is longer than it may be; the last one is the time or the source."""
        lengths = [
            self._quote(first + 1) - self._quote(first)
            for first in (_ID, _USER, _MOVIE, np.where(self._with_source(), self.count - 2, _TIME))
        ]
        short: Bools = np.maximum.reduce(lengths) <= MOST_CHARACTERS + 1
        return short

    def initials(self) -> npt.NDArray[np.uint8]:
        """The first letter of each type."""
        return np.frombuffer(self.joined, np.uint8)[self._quote(_TYPE) + 1]

    def texts(self, quote: int) -> pa.StringArray:
        """What stands behind this quote, up to the next."""
        return self._cut(self._quote(quote) + 1, self._quote(quote + 1))

    def times(self) -> Ints:
        """UTC microseconds."""
        times: Ints = self.texts(_TIME).cast(_TIMES).cast(pa.int64()).to_numpy()
        return times

    def numbers(self) -> npt.NDArray[np.float64]:
        """Each value, NaN for none."""
        numbers = np.full(len(self.places), np.nan)
        valued = (self.count == _VALUE + 2) | (self.count == _VALUE + 6)
        if valued.any():
            own = self.only(valued)
            last = np.where(own._with_source(), own._quote(own.count - 4), own.ends) - 1
            numbers[valued] = own._cut(own._quote(_VALUE + 1) + 2, last).cast(pa.float64()).to_numpy()
        return numbers

    def sources(self) -> pa.StringArray:
        """Each source, null for none."""
        sourced = self._with_source()
        if not sourced.any():
            return pa.nulls(len(self.places), pa.string())
        start = np.where(sourced, self._quote(self.count - 2) + 1, self.ends)
        end = np.where(sourced, self._quote(self.count - 1), self.ends)
        return pc.if_else(pa.array(sourced), self._cut(start, end), None)

    def _with_source(self) -> Bools:
        with_source: Bools = self.count >= _VALUE + 4
        return with_source

    def _quote(self, number: int | Ints) -> Ints:
        places: Ints = self.quotes[self.first + number]
        return places

    def _cut(self, starts: Ints, ends: Ints) -> pa.StringArray:
        # An array of what is between all these bounds, of which every other one is asked for.
        bounds = np.full(2 * len(starts) + 1, self.joined.size, np.int32)
        bounds[0:-1:2], bounds[1::2] = starts, ends
        pieces = pa.Array.from_buffers(
            pa.string(), len(bounds) - 1, [None, pa.py_buffer(bounds), self.joined]
        )
        return pieces.take(pa.array(np.arange(0, len(bounds) - 1, 2)))
