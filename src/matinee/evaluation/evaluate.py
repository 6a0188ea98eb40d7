"""Evaluation: models on data by a protocol."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

import matinee
from matinee.errors import SettingError, TrainingError
from matinee.evaluation.beyond import catalogue
from matinee.evaluation.contenders import RANKERS, RATERS, Contender, contender, telling
from matinee.evaluation.data import Data
from matinee.evaluation.frozen import Frozen
from matinee.evaluation.protocols.first_events import FirstEventsOptions, first_events
from matinee.evaluation.protocols.live import LiveOptions, live
from matinee.evaluation.protocols.new_movies import NewMoviesOptions, new_movies
from matinee.evaluation.protocols.rating import errors, rating
from matinee.evaluation.protocols.strong import StrongOptions, strong
from matinee.evaluation.result import Evaluation, Row
from matinee.evaluation.splits import On
from matinee.evaluation.trial import Measured, Trial, measured, with_newcomers
from matinee.evaluation.walk import Fit
from matinee.events.types import Facts
from matinee.progress import Progress, silent

BASELINES = ("popularity", "recency-popularity")
"""They are in every table of rankings."""
RATING_BASELINES = ("biases", "mean", "movie-mean")
"""What is asked of ratings where no model is named."""
RATING = "rating"
_SITTING_SECONDS = 1800.0
"""So long without an event ends a sitting."""
Costs = Mapping[str, Mapping[str, float]]
_Ask = Callable[[str, Any, Progress], Iterator[Row]]
"""Fits one model, by its name and its `fit`, and asks it."""


class Protocol(NamedTuple):
    """What makes a trial of data, its options, and whether models may be frozen in it.

    `figure`, one of `metrics.WORTH`, is the one by which settings are chosen.
    """

    trial: Callable[[Data, On, int, Any], Trial]
    options: Any
    freezes: bool = False
    figure: str = "NDCG@10"


RANKING: Mapping[str, Protocol] = {
    "live": Protocol(live, LiveOptions(), freezes=True),
    "live-early": Protocol(live, LiveOptions(sitting_seconds=_SITTING_SECONDS), freezes=True),
    "last": Protocol(live, LiveOptions(last=True), freezes=True),
    "strong": Protocol(strong, StrongOptions(), figure="NDCG@100"),
    "first-events": Protocol(first_events, FirstEventsOptions()),
    "new-movies": Protocol(new_movies, NewMoviesOptions()),
}
"""The protocols that rank, by name."""
PROTOCOLS = (*RANKING, RATING)
"""The names of all protocols."""


def evaluate(
    data: Data,
    protocol: str,
    models: Sequence[str | Contender] = (),
    *,
    on: On = "test",
    seed: int = 0,
    contenders: Mapping[str, str] = RANKERS,
    progress: Progress = silent,
) -> Evaluation:
    """The figures of these models and of the baselines on `data`, by one of `PROTOCOLS`.

    A model is written as in `contenders`, which are those that are known, or is a `Contender` of your own.
    Settings are chosen on the validation and reported on the test. Raises SettingError for what is not
    known or cannot be, and TrainingError for too little data, or where no model could be fitted: one alone
    does not end the run.
    """
    if protocol not in PROTOCOLS:
        raise SettingError(f"no protocol is called {protocol!r}; known: {', '.join(PROTOCOLS)}")
    _check_kinds(models, protocol)
    if protocol == RATING:
        chosen = _chosen(models or RATING_BASELINES, RATERS, seed)
        _check_frozen(chosen, protocol, freezes=False)
        about, ask = _rated(data, on, seed)
    else:
        chosen = _chosen((*BASELINES, *models), contenders, seed)
        _check_frozen(chosen, protocol, RANKING[protocol].freezes)
        about, ask = _ranked(data, RANKING[protocol], on, seed)
    common = {
        "matinee": matinee.__version__,
        "protocol": protocol,
        "on": on,
        "seed": seed,
        "data": data.about,
    }
    settings = {each.name: each.settings() for each in chosen}
    return Evaluation({**common, **about, "models": settings}, *_asked(chosen, data.facts, ask, progress))


def figures_of(
    trial: Trial, fit: Fit, facts: Mapping[str, Facts], progress: Progress = silent
) -> Mapping[str, Measured]:
    """The figures, by group, of what `fit` makes of the training events of one trial."""
    model = with_newcomers(fit(trial.given), trial)
    with threadpool_limits(1, "blas"):  # many small products: threads would only wait for each other
        return measured(trial, model, catalogue(trial.given, trial.movies, facts), progress)


def _asked(
    chosen: Sequence[Contender], facts: Mapping[str, Facts], ask: _Ask, progress: Progress
) -> tuple[list[Row], Costs, Mapping[str, str]]:
    """The rows of each, what it cost, and why it has none."""
    rows: list[Row] = []
    costs, failed = {}, {}
    for each in chosen:
        spent = _Spent(each, facts)
        progress(f"{each.name}: fitting", 0, None)
        try:
            with telling():
                rows += list(ask(each.name, spent.fit, _named(progress, each.name)))
        except TrainingError as error:
            failed[each.name] = str(error)
        else:
            costs[each.name] = spent.costs()
    if not rows:
        raise TrainingError("; ".join(f"{name}: {reason}" for name, reason in failed.items()))
    return rows, costs, failed


def _ranked(data: Data, protocol: Protocol, on: On, seed: int) -> tuple[dict[str, Any], _Ask]:
    trial = protocol.trial(data, on, seed, protocol.options)

    def ask(name: str, fit: Fit, progress: Progress) -> Iterator[Row]:
        for group, found in figures_of(trial, fit, data.facts, progress).items():
            counts = {"lists": found.lists, "targets": found.targets, "users": found.users}
            yield Row(name, group, counts, found.accuracy, found.beyond)

    return {"settings": asdict(protocol.options), "trained on": _size(trial)}, ask


def _rated(data: Data, on: On, seed: int) -> tuple[dict[str, Any], _Ask]:
    trial = rating(data, on, seed)
    counts = {"targets": len(trial.asked.values), "users": len(np.unique(trial.asked.users))}

    def ask(name: str, fit: Any, _progress: Progress) -> Iterator[Row]:
        predicted = fit(trial.given).predict(trial.asked.users, trial.asked.columns)
        yield Row(name, "", counts, errors(predicted, trial.asked), {})

    return {"trained on": {"events": len(trial.given.values)}}, ask


class _Spent:
    """Fits a contender and keeps the time."""

    def __init__(self, contender: Contender, facts: Mapping[str, Facts]) -> None:
        self._contender = contender
        self._facts = facts
        self._start = self._fitted = time.perf_counter()

    def fit(self, given: Any) -> Any:
        """The model, frozen if that is wanted."""
        model = self._contender.fit(given, self._facts)
        self._fitted = time.perf_counter()
        return Frozen(model, given) if self._contender.frozen else model

    def costs(self) -> dict[str, float]:
        """Seconds for the fit and since."""
        return {"fit s": self._fitted - self._start, "ask s": time.perf_counter() - self._fitted}


def _chosen(models: Sequence[str | Contender], known: Mapping[str, str], seed: int) -> list[Contender]:
    each = dict.fromkeys(models)
    return [contender(one, known, seed) if isinstance(one, str) else one for one in each]


def _check_kinds(models: Sequence[str | Contender], protocol: str) -> None:
    """Raises SettingError for a model that ranks by `rating`, and for one that rates by another protocol."""
    for name in (one.partition(":")[0] for one in models if isinstance(one, str)):
        if protocol != RATING and name in RATERS:
            raise SettingError(f"{name} predicts ratings: ask it with --protocol {RATING}")
        if protocol == RATING and name in RANKERS:
            raise SettingError(f"{name} ranks movies and predicts no ratings: ask it with another protocol")


def _check_frozen(chosen: Sequence[Contender], protocol: str, freezes: bool) -> None:
    for each in chosen:
        if each.frozen and not freezes:
            raise SettingError(
                f"{each.name}: by the protocol {protocol} nothing can be frozen; leave out -frozen"
            )


def _named(progress: Progress, name: str) -> Progress:
    return lambda what, done, total: progress(f"{name}: {what}", done, total)


def _size(trial: Trial) -> dict[str, int]:
    users = len(np.unique(trial.given.users))
    return {"events": len(trial.given.users), "users": users, "movies": len(trial.given.movies)}
