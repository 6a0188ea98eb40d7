"""Verbs that ask: recommend, similar, search. They need no server: they read the same log, lake and model."""

import click

from matinee.app import Matinee
from matinee.cli.opened import passing
from matinee.cli.show import as_json, show
from matinee.errors import MatineeError
from matinee.serve.lists import ListQuery, Pick
from matinee.serve.reasons import SHOWN
from matinee.serve.recommender import Recommender
from matinee.serve.sentences import name_of


@click.command(epilog="Example: matinee recommend 610 -k 5 --why")
@click.argument("user")
@click.option("-k", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@click.option("--genre", help="Only of this genre.")
@click.option(
    "--variety", type=click.FloatRange(0, 1), help="From 0, the order of the scores, to 1, the most varied."
)
@click.option("--why", is_flag=True, help="Say why, from the events that gave the most to each.")
@as_json
@passing(Matinee)
def recommend(
    app: Matinee, user: str, k: int, genre: str | None, variety: float | None, why: bool, as_json: bool
) -> None:
    """What USER should watch next, as of now."""
    recommender = app.recommender()
    picks = recommender.recommend(
        user, ListQuery(k, genre=genre, variety=variety), reasons=SHOWN if why else 0
    )
    rows = _rows(recommender, picks.picks)
    if why:
        for row, pick in zip(rows, picks.picks, strict=True):
            row["why"] = pick.why
    show(rows, as_json=as_json, empty=_nothing(recommender, user, genre))


@click.command(epilog="Example: matinee similar 1 -k 5")
@click.argument("movie")
@click.option("-k", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@as_json
@passing(Matinee)
def similar(app: Matinee, movie: str, k: int, as_json: bool) -> None:
    """The movies most like MOVIE, an id such as `matinee search` shows."""
    recommender = app.recommender()
    picks = recommender.similar(movie, ListQuery(k))
    if picks is None:
        raise MatineeError(f"movie {movie!r} is not known; matinee search WORDS finds ids")
    show(_rows(recommender, picks), as_json=as_json, empty="Nothing alike is known before: matinee train")


@click.command(epilog="Example: matinee search toy story")
@click.argument("words", nargs=-1, required=True)
@click.option("-k", default=10, show_default=True, type=click.IntRange(1, 1000), help="How many.")
@as_json
@passing(Matinee)
def search(app: Matinee, words: tuple[str, ...], k: int, as_json: bool) -> None:
    """The movies that match WORDS, forgiving accents, order and a typo."""
    found = app.catalogue.search(" ".join(words), k)
    rows = [
        {"movie": m.movie, "title": m.facts.title, "year": m.facts.year, "genres": list(m.facts.genres or ())}
        for m in found
    ]
    show(rows, as_json=as_json, empty="No movie matches.")


def _nothing(recommender: Recommender, user: str, genre: str | None) -> str:
    """Why there is nothing to recommend, and what to do."""
    known = [facts for _, facts in recommender.live.known()]
    genres = {each for facts in known for each in facts.genres or ()}
    if not known or (genre and not genres):
        return "Nothing to recommend yet: matinee data load PATH brings movies."
    if not genre:
        return f"No movie is left that user {user!r} has not seen."
    if genre.casefold() in {each.casefold() for each in genres}:
        return f"No movie of the genre {genre!r} is left that user {user!r} has not seen."
    return f"No movie has the genre {genre!r}; there are {', '.join(sorted(genres))}."


def _rows(recommender: Recommender, picks: list[Pick]) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for rank, pick in enumerate(picks, 1):
        facts = recommender.live.facts_of(pick.movie)
        title = name_of(pick.movie, facts)
        rows.append({"rank": rank, "movie": pick.movie, "title": title, "score": pick.score})
    return rows
