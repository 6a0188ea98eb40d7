"""What each protocol trains on and asks."""

from collections import Counter
from typing import Any

import numpy as np
import polars as pl
import pytest

from matinee.errors import TrainingError
from matinee.evaluation.contenders import Contender, NoOptions
from matinee.evaluation.evaluate import evaluate, figures_of
from matinee.evaluation.metrics import Figure
from matinee.evaluation.protocols.first_events import FirstEventsOptions, first_events
from matinee.evaluation.protocols.new_movies import NewMoviesOptions, new_movies
from matinee.evaluation.protocols.rating import errors, rating
from matinee.evaluation.protocols.strong import StrongOptions, strong
from matinee.evaluation.rivals.biases import BiasesOptions, MovieMeanOptions, biases, mean, movie_mean
from matinee.models.content import Content
from matinee.models.popular import Popular, PopularOptions
from tests.evaluation.test_live import Recorder
from tests.evaluation.worlds import data, lives
from tests.training import worlds

WORLD = lives()


def plays(random: np.random.Generator, n_users: int) -> pl.DataFrame:
    """Ratings in no order of users or time."""
    rows = [
        (user, f"m{movie:02}", float(random.integers(1, 11)) / 2, 1.0, int(random.integers(0, 10**9)))
        for user in range(n_users)
        for movie in random.permutation(40)[: random.integers(4, 25)]
    ]
    frame = pl.DataFrame(rows, ["user", "movie", "value", "strength", "at"], orient="row")
    return frame.with_columns(pl.col("strength").cast(pl.Float32))[random.permutation(len(rows))]


def published(
    frame: pl.DataFrame, size: int, on: str
) -> tuple[set[Any], dict[int, tuple[set[str], set[str]]]]:
    """The published recipe, written down step by step over plain lists and NumPy's global generator."""
    rows = [row for row in frame.select("user", "movie", "value").rows() if row[2] > 3.5]
    count = Counter(row[0] for row in rows)
    rows = [row for row in rows if count[row[0]] >= 5]
    users = np.array(sorted({row[0] for row in rows}))
    np.random.seed(98765)
    users = users[np.random.permutation(users.size)]
    n = users.size
    train, validation, test = users[: n - 2 * size], users[n - 2 * size : n - size], users[n - size :]
    items = {row[1] for row in rows if row[0] in set(train)}
    np.random.seed(98765)
    asked = {}
    for user in sorted(test if on == "test" else validation):
        own = [row[1] for row in rows if row[0] == user and row[1] in items]
        if len(own) >= 5:
            drawn = set(np.random.choice(len(own), size=int(0.2 * len(own)), replace=False).tolist())
            told = {movie for place, movie in enumerate(own) if place not in drawn}
            asked[int(user)] = (told, set(own) - told)
    return {(row[0], row[1]) for row in rows if row[0] in set(train)}, asked


@pytest.mark.parametrize("on", ["validation", "test"])
@pytest.mark.parametrize("seed", range(5))
def test_strong_generalisation_draws_as_the_published_recipe_does(on, seed):
    frame = plays(np.random.default_rng(seed), 150)
    world = data(frame.with_columns(at=pl.from_epoch("at", "s").cast(pl.Datetime("us", "UTC"))))
    world = world._replace(events=world.events.with_columns(value=frame["value"]))
    trial = strong(world, on, 0, StrongOptions())
    train, asked = published(frame, 10, on)
    assert set(trial.movies) == {movie for _, movie in train}
    assert len(trial.given.users) == len(train)
    answers = list(trial.answers(Recorder(len(trial.movies))))
    names = np.array(trial.movies)
    found = [(set(names[answer.past]), set(names[answer.targets])) for answer in answers]
    assert found == list(asked.values())
    assert all(
        set(names[answer.seen]) == told for answer, (told, _) in zip(answers, asked.values(), strict=True)
    )


@pytest.mark.parametrize("on", ["validation", "test"])
def test_what_is_told_is_not_hidden_too_however_often_someone_rated_it(on):
    events = WORLD.events
    again = pl.concat([events, events.sample(fraction=0.5, seed=1), events.sample(fraction=0.5, seed=2)])
    trial = strong(WORLD._replace(events=again), on, 0, StrongOptions(above=0))
    answers = list(trial.answers(Recorder(len(trial.movies))))
    assert answers
    assert not any(answer.seen[answer.targets].any() for answer in answers)
    assert all(len(set(answer.targets.tolist())) == len(answer.targets) for answer in answers)


def test_the_told_events_are_in_the_order_of_time():
    trial = strong(WORLD, "test", 0, StrongOptions(above=0))
    recorder = Recorder(len(trial.movies))
    assert list(trial.answers(recorder))
    assert all([at for _, at in told] == sorted(at for _, at in told) for told in recorder.told)


@pytest.mark.parametrize("protocol", [strong, first_events])
def test_too_few_users_are_an_error(protocol):
    options = {strong: StrongOptions(), first_events: FirstEventsOptions()}[protocol]
    with pytest.raises(TrainingError, match="too few to hold some out"):
        protocol(data(worlds.lives(3)), "test", 0, options)


@pytest.mark.parametrize("on", ["validation", "test"])
def test_the_first_events_of_people_whom_no_model_has_seen(on):
    trial = first_events(WORLD, on, 0, FirstEventsOptions())
    recorder = Recorder(len(trial.movies))
    answers = list(trial.answers(recorder))
    assert len(answers) == trial.n
    assert [answer.group for answer in answers[:5]] == [f"after {n}" for n in (0, 1, 2, 5, 10)]
    assert [len(told) for told in recorder.told[:5]] == [0, 1, 2, 5, 10]
    lives_ = _lives_by_beginning(trial.movies)
    trained = set(trial.given.at.tolist())
    for answer, told in zip(answers, recorder.told, strict=True):
        if answer.group == "after 10":
            own = lives_[tuple(told)]
            follows = {column for column, _, strength in own[10:20] if strength > 0}
            assert set(answer.targets.tolist()) == follows - {column for column, _ in told}
            assert not trained & {at for _, at, _ in own}


def _lives_by_beginning(movies: tuple[str, ...]) -> dict[Any, list[tuple[int, int, float]]]:
    """Every life, by its first ten events."""
    lives_: dict[Any, list[tuple[int, int, float]]] = {}
    for _, rows in WORLD.events.sort("user", "at", maintain_order=True).group_by("user"):
        own = [(movies.index(m), at, s) for m, at, s in rows.select("movie", "at", "strength").rows()]
        lives_[tuple((column, at) for column, at, _ in own[:10])] = own
    return lives_


def test_validation_and_test_hold_out_other_people_and_train_on_the_same():
    one, other = (first_events(WORLD, on, 3, FirstEventsOptions()) for on in ("validation", "test"))
    assert np.array_equal(one.given.at, other.given.at)
    pasts = [
        {
            tuple(answer.past)
            for answer in trial.answers(Recorder(len(trial.movies)))
            if answer.group == "after 10"
        }
        for trial in (one, other)
    ]
    assert not pasts[0] & pasts[1]


@pytest.mark.parametrize("on", ["validation", "test"])
def test_new_movies_are_in_no_event_before_the_cut(on):
    trial = new_movies(WORLD, on, 1, NewMoviesOptions())
    recorder = Recorder(len(trial.movies))
    n_old = len(trial.given.movies)
    answers = list(trial.answers(recorder))
    cut = trial.given.at.max()
    assert len(answers) == trial.n > 0
    assert {answer.group for answer in answers} == {"at new", "at old"}
    assert all((answer.targets[0] >= n_old) == (answer.group == "at new") for answer in answers)
    assert sum(answer.group == "at old" for answer in answers) <= trial.n / 2
    assert all(column < n_old or at > cut for told in recorder.told for column, at in told)
    assert trial.given.columns.max() < n_old


def test_what_is_new_in_the_validation_is_not_new_in_the_test():
    one, other = (new_movies(WORLD, on, 1, NewMoviesOptions()) for on in ("validation", "test"))
    new = [{movie for movie, _ in trial.newcomers} for trial in (one, other)]
    assert new[0]
    assert new[1]
    assert not new[0] & new[1]


@pytest.mark.parametrize("trial", [strong, first_events])
def test_where_nothing_can_be_asked_it_is_told(trial):
    """Everybody has movies of their own."""
    events = WORLD.events.with_columns(movie=pl.col("user") + " " + pl.col("movie"), value=pl.lit(5.0))
    options = {strong: StrongOptions(), first_events: FirstEventsOptions()}[trial]
    with pytest.raises(TrainingError, match="give more events"):
        trial(WORLD._replace(events=events), "test", 0, options)


def test_scores_that_are_no_numbers_give_no_row():
    def wrong(given, _facts, _options):
        return Popular.fit(given, PopularOptions(half_life_days=-0.001))

    found = evaluate(WORLD, "live", [Contender("wrong", wrong, NoOptions())])
    assert "no numbers" in found.failed["wrong"]


def test_content_finds_new_movies_better_than_chance_and_popularity_not_at_all():
    world = lives(n_movies=90)
    trial, known = new_movies(world, "test", 1, NewMoviesOptions()), world.facts

    def content(given):
        return Content.fit([known[movie] for movie in given.movies])

    found = {fit: figures_of(trial, fit, known)["at new"].accuracy for fit in (content, Popular.fit)}
    chance = found[content]["random HR@10"]
    assert isinstance(chance, Figure)
    assert value(found[content]["HR@10"]) > chance.value + 2 * chance.error
    assert value(found[Popular.fit]["HR@10"]) < chance.value


def value(figure: Figure | float) -> float:
    assert isinstance(figure, Figure)
    return figure.value


def test_ratings_are_parted_by_the_seed_and_the_test_is_in_no_validation():
    test, validation, other = (
        rating(WORLD, "test", 0),
        rating(WORLD, "validation", 0),
        rating(WORLD, "test", 1),
    )
    n = WORLD.events.height
    assert len(test.asked.values) == len(validation.asked.values) == int(0.1 * n)
    assert len(test.given.values) == n - int(0.1 * n)
    assert len(validation.given.values) == n - 2 * int(0.1 * n)
    pairs = [
        set(zip(part.users.tolist(), part.columns.tolist(), strict=True)) for part in (*test, *validation)
    ]
    assert not pairs[0] & pairs[1]
    assert not pairs[1] & (pairs[2] | pairs[3])
    assert not np.array_equal(test.asked.users, other.asked.users)


def test_biases_are_worth_more_than_means_where_people_are_strict_or_mild():
    random = np.random.default_rng(0)
    users, movies = random.normal(0, 0.7, 80), random.normal(0, 0.5, 30)
    stars = np.clip(3 + users[:, None] + movies, 0.5, 5)
    rows = [(f"u{u}", f"m{m:02}", float(stars[u, m]), 1.0, u * 30 + m) for u in range(80) for m in range(30)]
    frame = pl.DataFrame(rows, ["user", "movie", "value", "strength", "at"], orient="row")
    trial = rating(WORLD._replace(events=frame), "test", 0)
    rmse = [
        errors(rater.predict(trial.asked.users, trial.asked.columns), trial.asked)["RMSE"].value
        for rater in (
            mean(trial.given, {}, NoOptions()),
            movie_mean(trial.given, {}, MovieMeanOptions()),
            biases(trial.given, {}, BiasesOptions(0, 0)),
        )
    ]
    assert rmse[0] > rmse[1] > rmse[2]
    assert rmse[2] < 0.15


def test_errors_of_ratings_by_hand():
    asked = rating(WORLD, "test", 0).asked._replace(
        users=np.array([0, 1], np.int32), columns=np.array([0, 0], np.int32), values=np.array([4.0, 5.0])
    )
    found = errors(np.full(2, 3.0), asked)
    assert np.isclose(found["RMSE"].value, np.sqrt(2.5))
    assert np.isclose(found["MAE"].value, 1.5)
    assert np.isclose(found["RMSE"].error, np.sqrt(2 * 1.5**2) / 2 / (2 * np.sqrt(2.5)))
