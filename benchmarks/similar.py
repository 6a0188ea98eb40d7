"""Are similar movies similar? `python -m benchmarks.similar --data ml-1m.zip`.

Of the people of `validation` who liked a movie A and later a movie B between its cuts, up to twenty such
pairs each: how often is B among the ten most similar to A, for the blend and each part of it. Popular
movies are hit without any likeness, so a second figure counts a hit at B as 1 / (the likes of B), times
1,000. Then the five neighbours of twenty well-known movies, to judge by eye. Prints Markdown.
"""

from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from benchmarks import movielens
from benchmarks.validation import Validation
from matinee.models.base import Floats, Ints, Model
from matinee.models.blend import Parts
from matinee.serve.variety import top

_K, _NEIGHBOURS = 10, 5
_PAIRS = 20
_LIKED = 0.6
"""Four stars."""
_FILMS = {
    "ml-1m": (
        *("1", "260", "296", "318", "356", "527", "541", "593", "858", "912"),
        *("924", "1097", "1136", "1197", "1270", "1721", "2028", "2571", "2762", "364"),
    )
}
"""By data set; elsewhere the most liked ones."""
Similar = Callable[[int], Floats]
Columns = npt.NDArray[np.int64]


@click.command()
@click.option(
    "--data", envvar="MATINEE_ML1M", type=click.Path(exists=True, path_type=Path), help="MovieLens."
)
def main(data: Path | None) -> None:
    """How good the similar movies of the blend and its parts are, and those of twenty films."""
    validation = Validation(movielens.find(data))
    blend = validation.blend
    popularity = blend.parts.popular.scores(blend.parts.popular.options.stages)
    similar: dict[str, Similar] = {"blend": blend.similar, "popular": lambda _: popularity}
    parts: tuple[Model, ...] = blend.parts[1:]
    similar |= {name: part.similar for name, part in zip(Parts._fields[1:], parts, strict=True)}
    with threadpool_limits(1, "blas"):
        _print_hits(validation, similar)
        _print_films(validation)


def _print_hits(validation: Validation, similar: dict[str, Similar]) -> None:
    pairs, likes = _pairs(validation), _likes(validation)
    click.echo(f"{validation.name}: {len(pairs):,} pairs\n")
    click.echo("| | hit rate@10 | rarity-weighted | mean likes of the ten |\n|---|---|---|---|")
    for name, of in similar.items():
        near = {column: _top(of, column, _K) for column in np.unique(pairs[:, 0]).tolist()}
        hits = np.array([later in near[first] for first, later in pairs.tolist()])
        rarity = hits / np.maximum(likes[pairs[:, 1]], 1)
        mean = np.mean([likes[ten].mean() for ten in near.values()])
        click.echo(f"| {name} | {hits.mean():.4f} | {1e3 * rarity.mean():.3f} | {mean:,.0f} |")


def _print_films(validation: Validation) -> None:
    blend, likes = validation.blend, _likes(validation)
    most_liked = [blend.movies[column] for column in np.argsort(-likes)[:20]]
    click.echo("\n| film | its nearest |\n|---|---|")
    for movie in _FILMS.get(validation.name, most_liked):
        near = _top(blend.similar, blend.columns[movie], _NEIGHBOURS).tolist()
        click.echo(
            f"| {_name(validation, movie)} | {', '.join(_name(validation, blend.movies[c]) for c in near)} |"
        )


def _top(similar: Similar, column: int, k: int) -> Ints:
    scores = similar(column).copy()
    scores[column] = -np.inf
    return top(scores, k)


def _pairs(validation: Validation) -> Columns:
    """(A, B) as columns, shape (pairs, 2): both liked between the cuts, A before B; the same at every run."""
    whole, draw = validation.whole, np.random.default_rng(0)
    liked = np.flatnonzero((whole.at > validation.cut) & (whole.strengths >= _LIKED))
    liked = liked[whole.columns[liked] < validation.blend.n_fitted]
    pairs = []
    for own in np.split(liked, np.flatnonzero(np.diff(whole.users[liked])) + 1):
        for _ in range(min(_PAIRS, len(own) * (len(own) - 1) // 2)):
            first, later = np.sort(draw.choice(len(own), 2, replace=False)).tolist()
            pairs.append((own[first], own[later]))
    return whole.columns[np.array(pairs)].astype(np.int64)


def _likes(validation: Validation) -> Columns:
    """How many liked each movie before the first cut."""
    whole = validation.whole
    liked = (whole.at <= validation.cut) & (whole.strengths >= _LIKED)
    return np.bincount(whole.columns[liked], minlength=len(whole.movies))


def _name(validation: Validation, movie: str) -> str:
    return str(validation.catalogue[movie].title)


if __name__ == "__main__":
    main()
