"""A movie's row in the lake: its facts as columns, the latest of each, and what follows from them.

`Facts` is the only list of facts: the columns, the merge and the way back are derived from it.
"""

from collections.abc import Iterator
from typing import Any

import polars as pl
import pyarrow as pa
from msgspec import inspect

from matinee.events.types import Facts

_TYPES: dict[type[inspect.Type], pa.DataType] = {
    inspect.StrType: pa.string(),
    inspect.FloatType: pa.float64(),
    inspect.BoolType: pa.bool_(),
    inspect.DateType: pa.date32(),
}


def _arrow(type_: inspect.Type) -> pa.DataType:
    """The column for a fact of this type; of whole numbers, the narrowest that its limit allows."""
    if isinstance(type_, inspect.UnionType):
        (fact,) = (each for each in type_.types if not isinstance(each, inspect.NoneType))
        return _arrow(fact)
    if isinstance(type_, inspect.VarTupleType):
        return pa.list_(_arrow(type_.item_type))
    if isinstance(type_, inspect.IntType):
        return pa.int32() if type_.le is not None and type_.le < 2**31 else pa.int64()
    return _TYPES[type(type_)]


FACTS: tuple[pa.Field, ...] = tuple(
    pa.field(field.name, _arrow(field.type))
    for field in inspect.type_info(Facts).fields  # type: ignore[attr-defined]
)
"""The facts as columns: null where an event leaves one as it was."""
SCORES = (
    pa.field("votes_score", pa.float64()),  # log-scaled votes, 0 to 1
    pa.field("popularity_score", pa.float64()),  # log-scaled popularity, 0 to 1
)
"""What the stream derives from the facts of one event."""
DESCRIPTION = pa.field("description", pa.string())
"""Title and overview, as they result from all events."""


def merge_facts(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per movie out of rows in the order they were said: of every fact the last that is not null.

    This is `matinee.events.types.updated` over columns. `partition`, `offset` and `at` are those of the
    last row. Merging twice, or in pieces, gives the same.
    """
    latest = [pl.col(field.name).drop_nulls().last() for field in (*FACTS, *SCORES)]
    place = [pl.col(name).last() for name in ("partition", "offset", "at")]
    merged = rows.group_by("movie", maintain_order=True).agg(*latest, *place)
    return merged.with_columns(_description())


def _description() -> pl.Expr:
    both = pl.concat_str(pl.col("title", "overview"), separator=" ", ignore_nulls=True).str.strip_chars()
    return pl.when(both != "").then(both).alias(DESCRIPTION.name)


def facts_of(rows: pl.DataFrame) -> Iterator[tuple[str, Facts]]:
    """The movie and facts of each row of `movies`."""
    names = Facts.__struct_fields__
    for movie, *values in rows.select("movie", *names).iter_rows():
        facts: list[Any] = [tuple(value) if isinstance(value, list) else value for value in values]
        yield movie, Facts(**dict(zip(names, facts, strict=True)))
