"""What a data set of ratings is like: how large, how concentrated, how long its users' histories are."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import polars as pl

from matinee.evaluation.beyond import gini

_QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0)
_NAMED = " ".join(f"{q:g}" for q in _QUANTILES)
_TOP = 4000
_CUT = 0.9


def shape(ratings: pl.DataFrame) -> Mapping[str, str]:
    """Figures by their names; `ratings` have the columns user, movie and at."""
    users = ratings.group_by("user").agg(events=pl.len(), first=pl.col("at").min(), last=pl.col("at").max())
    counts = np.sort(ratings["movie"].value_counts()["count"].to_numpy().astype(np.int64))[::-1]
    cut = ratings["at"].quantile(_CUT, "lower")
    both = users.filter((pl.col("first") <= cut) & (pl.col("last") > cut)).height
    return {
        "events": f"{len(ratings):,}",
        "users": f"{len(users):,}",
        "movies": f"{len(counts):,}",
        "density": f"{len(ratings) / len(users) / len(counts):.4f}",
        "Gini of popularity": f"{gini(counts):.3f}",
        f"share of events at the {_TOP:,} most popular movies": f"{counts[:_TOP].sum() / counts.sum():.3f}",
        f"events of a movie, quantiles {_NAMED}": _quantiles(counts),
        f"events of a user, quantiles {_NAMED}": _quantiles(users["events"].to_numpy()),
        f"users with events on both sides of the {_CUT} quantile of time": f"{both:,}",
    }


def table(named: Mapping[str, Mapping[str, str]]) -> str:
    """Data sets side by side, in Markdown."""
    names = next(iter(named.values()))
    rows: Sequence[Sequence[str]] = [
        ["", *named],
        ["---"] * (len(named) + 1),
        *([name, *(each[name] for each in named.values())] for name in names),
    ]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in rows)


def _quantiles(counts: npt.NDArray[np.int64]) -> str:
    return " ".join(f"{value:.0f}" for value in np.quantile(counts, _QUANTILES))
