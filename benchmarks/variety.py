"""What variety costs and gains: `python -m benchmarks.variety --data ml-1m.zip`.

The first ten of the lists that the blend makes for the targets of `validation`, in the order of the scores,
by variety, with a share of places for exploration, and by calibrated re-ranking. Prints a table in
Markdown, for docs/models.md.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from benchmarks import movielens
from benchmarks.rivals.calibrated import calibrated
from benchmarks.validation import Validation
from matinee.evaluation.beyond import catalogue, divergence
from matinee.evaluation.walk import Moment, walk
from matinee.models.base import Floats
from matinee.serve.exploration import LittleKnown, explored
from matinee.serve.variety import CANDIDATES, top, varied

_K = 10
_VARIETY = (0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1.0)
_EXPLORATION = (0.02, 0.05, 0.1)
_CALIBRATED = (0.1, 0.15, 0.2, 0.3, 0.5)
_HEAD = """\
| | HR@10 | NDCG@10 | of it lost | intra-list diversity | KL of genres | µs |
|---|---|---|---|---|---|---|"""
Columns = npt.NDArray[np.int64]


class Candidates(NamedTuple):
    """The best of one moment, their scores, best first; p, the genres of what the user liked; the target.

    `little_known` are the best of those with few events, `name` stands for the user and the moment.
    """

    columns: Columns
    scores: Floats
    p: Floats
    target: int
    little_known: Sequence[int] = ()
    name: str = ""


class Genres(NamedTuple):
    """The genres of every movie: `vectors` of length 1, and `shares` that sum to 1."""

    vectors: Floats
    shares: Floats


class Quality(NamedTuple):
    """Means over all lists, and microseconds of CPU for a list."""

    hit_rate: float
    ndcg: float
    diversity: float
    divergence: float
    microseconds: float

    def row(self, name: str, plain: "Quality") -> str:
        """A row of the table; `plain` is the list by score."""
        lost = f"{1 - self.ndcg / plain.ndcg:.1%}"
        return (
            f"| {name} | {self.hit_rate:.4f} | {self.ndcg:.4f} | {lost} | {self.diversity:.3f} "
            f"| {self.divergence:.3f} | {self.microseconds:.0f} |"
        )


Order = Callable[[Candidates], Columns]
"""The columns of the first ten of some candidates."""


@click.command()
@click.option(
    "--data", envvar="MATINEE_ML1M", type=click.Path(exists=True, path_type=Path), help="MovieLens."
)
@click.option("--targets", default=6000, show_default=True, help="How many lists.")
def main(data: Path | None, targets: int) -> None:
    """What variety costs in accuracy and gains in diversity and calibration."""
    validation = Validation(movielens.find(data))
    genres = _genres(validation)
    with threadpool_limits(1, "blas"):
        walked = walk(validation.blend, validation.whole, validation.targets(targets))
        few = _little_known(validation)
        lists = [_candidates(validation, genres, few, moment) for moment in walked]
        plain = _quality(lists, genres, lambda each: each.columns[:_K])
        click.echo(f"{validation.name}, {len(lists):,} targets\n\n{_HEAD}")
        click.echo(plain.row("by score", plain))
        for v in _VARIETY:
            quality = _quality(lists, genres, _by_variety(genres, v))
            click.echo(quality.row(f"variety {v:g}", plain))
        for share in _EXPLORATION:
            quality = _quality(lists, genres, _by_exploration(share, validation.blend.movies))
            click.echo(quality.row(f"by score, exploration {share:g}", plain))
        for strength in _CALIBRATED:
            quality = _quality(lists, genres, _by_calibration(genres, strength))
            click.echo(quality.row(f"calibrated {strength:g}", plain))


def _by_variety(genres: Genres, v: float) -> Order:
    def order(each: Candidates) -> npt.NDArray[np.int64]:
        vectors = genres.vectors[each.columns]
        return each.columns[varied(each.scores, vectors @ vectors.T, v, _K)]

    return order


def _by_exploration(share: float, ids: Sequence[str]) -> Order:
    def order(each: Candidates) -> Columns:
        listed, _ = explored(each.columns[:_K].tolist(), [*each.little_known], ids, each.name, 0, share)
        return np.array(listed[:_K])

    return order


def _by_calibration(genres: Genres, strength: float) -> Order:
    return lambda each: each.columns[
        calibrated(each.scores, genres.shares[each.columns], each.p, strength, _K)
    ]


def _genres(validation: Validation) -> Genres:
    known = catalogue(validation.whole, validation.blend.movies, validation.catalogue)
    shares = known.genres.astype(np.float32)
    lengths = np.linalg.norm(shares, axis=1, keepdims=True)
    return Genres(np.asarray(shares / np.where(lengths > 0, lengths, 1), np.float32), shares)


def _little_known(validation: Validation) -> LittleKnown:
    whole = validation.whole
    before = whole.columns[whole.at <= validation.cut]
    few = LittleKnown(whole.movies, np.bincount(before, minlength=len(whole.movies)).__getitem__, [])
    few.admit(range(len(whole.movies)))
    return few


def _candidates(validation: Validation, genres: Genres, few: LittleKnown, moment: Moment) -> Candidates:
    scores = np.where(moment.seen, -np.inf, validation.blend.scores(moment.state, moment.at))
    best = top(scores, CANDIDATES).astype(np.int64)
    past = slice(moment.place - moment.events, moment.place)
    liked = np.maximum(validation.whole.strengths[past], 0)
    p = liked @ genres.shares[validation.whole.columns[past]]
    p = p / max(float(p.sum()), 1e-9)
    name = f"{moment.user} {moment.place}"
    return Candidates(best, scores[best], p, moment.target, few.best(scores), name)


def _quality(lists: list[Candidates], genres: Genres, order: Order) -> Quality:
    began = time.thread_time()
    orders = [order(each) for each in lists]
    microseconds = (time.thread_time() - began) / len(lists) * 1e6
    rows = np.array([_judged(each, genres, own) for each, own in zip(lists, orders, strict=True)])
    hit_rate, ndcg, diversity, apart = rows.mean(axis=0).tolist()
    return Quality(hit_rate, ndcg, diversity, apart, microseconds)


def _judged(each: Candidates, genres: Genres, columns: npt.NDArray[np.int64]) -> tuple[float, ...]:
    """Hit, gain, mean of 1 - cos over the pairs of the list, and how far its genres are from the user's."""
    place = np.flatnonzero(columns == each.target)
    gain = 1 / np.log2(place[0] + 2) if len(place) else 0.0
    vectors = genres.vectors[columns]
    alike = np.triu(vectors @ vectors.T, 1).sum() / (_K * (_K - 1) / 2)
    apart = float(divergence(each.p, genres.shares[columns].mean(axis=0)))
    return float(len(place)), float(gain), float(1 - alike), float(apart)


if __name__ == "__main__":
    main()
