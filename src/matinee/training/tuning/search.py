"""The search for settings: Optuna's TPE, bad trials stopped early, every finished trial kept in a file.

Trial 0 is the defaults, so nothing found is worse than they are. From then on every other trial is a step
from the best one so far, in some of its settings: where many settings are good already, drawing all of them
anew finds nothing better. Of the trials between, the first few change some of the defaults to anything, and
later ones are what a tree-structured Parzen estimator (Bergstra et al., NeurIPS 2011) proposes. A trial is
stopped when a Wilcoxon signed-rank test, over the slices of the users it was asked about so far, says that it
is behind the best one: all trials are asked the same, so they are compared in pairs.

What is drawn for a trial follows from the seed and the number of trials that are over before it. So a search
that was interrupted, even killed, goes on as if it had not been.
"""

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, FloatDistribution, IntDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import TrialState

from matinee.errors import TrainingError
from matinee.evaluation.metrics import Worth
from matinee.models.options import Range, Value, ranges, values, with_value
from matinee.progress import Progress
from matinee.training.tuning.objective import SLICES, Objective
from matinee.training.tuning.tried import Outcome, Tried, best

try:
    import fcntl
except ImportError:  # Windows: there it is up to the person not to search twice at once
    fcntl = None  # type: ignore[assignment]

_RANDOM = 10
"""So many trials, the defaults among them, come before the estimator has enough to go by."""
_MOVED = 0.25
"""The chance of each setting to be changed in them, and in a step."""
_STEP = 0.1
"""The standard deviation of a step, as a share of the range."""
_WORSE = 0.01
"""The p of the test at which a trial is stopped: small, as it is asked after every slice."""
_LEAST = 14
"""The fewest slices that it is asked about: of fewer with ties SciPy takes longer than the trial does."""
_REASON = "reason"
_DIGITS = 3
_OUTCOMES: Mapping[TrialState, Outcome] = {
    TrialState.COMPLETE: "finished",
    TrialState.PRUNED: "stopped",
    TrialState.FAIL: "failed",
}


def search(objective: Objective, file: Path, trials: int, progress: Progress) -> list[Tried]:
    """All trials of the search that `file` keeps, in order, after as many more as are missing to `trials`.

    Raises TrainingError when the file cannot be used, or another process searches with it, and when not one
    trial made a model.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with _kept(file) as kept:
        study = optuna.create_study(
            pruner=optuna.pruners.WilcoxonPruner(p_threshold=_WORSE, n_startup_steps=_LEAST),
            direction=kept.direction,
        )
        study.add_trials(kept.get_trials(deepcopy=False))
        over = _over(study, objective)
        while len(over) < trials:
            _tell(progress, over, trials, 0)
            _try(study, objective, over, lambda done, over=over: _tell(progress, over, trials, done))
            kept.add_trial(study.get_trials(deepcopy=False)[-1])  # as a whole: one interrupted is none
            over = _over(study, objective)
    if not any(each.figure is not None for each in over):
        raise TrainingError(f"no trial made a model, the last one because {over[-1].reason}; give other data")
    return over


def _try(study: optuna.Study, objective: Objective, over: list[Tried], done: Any) -> None:
    """One trial more, told to the study however it ends."""
    space, default = ranges(objective.default), values(objective.default)
    random = np.random.default_rng([objective.seed, len(over)])
    study.sampler = optuna.samplers.TPESampler(
        seed=int(random.integers(2**32)), n_startup_trials=1, constant_liar=False
    )
    if proposed := _proposed(space, default, over, random):
        study.enqueue_trial(proposed)
    trial = study.ask({name: _distribution(each, default[name]) for name, each in space.items()})
    try:
        worth = _asked(trial, objective, _options(trial.params, objective.default), done)
    except TrainingError as error:
        trial.set_user_attr(_REASON, str(error))
        study.tell(trial, state=TrialState.FAIL)
        return
    if worth is None:
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, worth.figure.value)


def _asked(trial: optuna.Trial, objective: Objective, options: Any, done: Any) -> Worth | None:
    """What these options are worth; None where they were stopped early."""
    worths = []
    for number, worth in objective.slices(options):
        worths.append(worth)
        trial.report(worth.figure.value, number)
        if number < SLICES - 1 and trial.should_prune():
            return None
        done((number + 1) / SLICES)
    return Worth.joined(worths)


def _proposed(
    space: Mapping[str, Range], default: Mapping[str, Value], over: list[Tried], random: Any
) -> dict[str, Value] | None:
    """The settings of the next trial; None leaves them to the estimator."""
    if not over:
        return {name: default[name] for name in space}
    if len(over) % 2:
        has_best = any(each.figure is not None for each in over)
        return _moved(space, values(best(over).options) if has_best else default, random, _STEP)
    return _moved(space, default, random, None) if len(over) < _RANDOM else None


def _moved(
    space: Mapping[str, Range], now: Mapping[str, Value], random: Any, step: float | None
) -> dict[str, Value]:
    """These settings, some of them changed, at least one: by a `step`, or to anything in their range."""
    names = list(space)
    moved = random.random(len(names)) < _MOVED
    moved[random.integers(len(names))] = True
    drawn = {name: _drawn(space[name], now[name], random, step) for name in names}
    return {name: drawn[name] if move else now[name] for name, move in zip(names, moved, strict=True)}


def _drawn(range_: Range, now: Value, random: Any, step: float | None) -> Value:
    low, high, at = np.log((*range_[:2], now)) if range_.log else (*range_[:2], now)
    value = random.uniform(low, high) if step is None else random.normal(at, step * (high - low))
    value = float(np.clip(np.exp(value) if range_.log else value, range_.low, range_.high))
    return round(value) if isinstance(now, int) else value


def _distribution(range_: Range, default: Value) -> BaseDistribution:
    if isinstance(default, int):
        return IntDistribution(int(range_.low), int(range_.high), log=range_.log)
    return FloatDistribution(range_.low, range_.high, log=range_.log)


def _options(params: Mapping[str, Value], default: Any) -> Any:
    """The options that these parameters mean: of three digits each, the defaults as they are."""
    before, options = values(default), default
    for name, value in params.items():
        rounded = float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
        options = with_value(options, name, before[name] if value == before[name] else rounded)
    return options


def _over(study: optuna.Study, objective: Objective) -> list[Tried]:
    """The trials of a study, all of which are over."""
    return [
        Tried(
            _OUTCOMES[trial.state],
            _options(trial.params, objective.default),
            trial.value if trial.state == TrialState.COMPLETE else None,
            trial.user_attrs.get(_REASON),
        )
        for trial in study.get_trials(deepcopy=False)
    ]


def _tell(progress: Progress, over: list[Tried], trials: int, done: float) -> None:
    figures = [each.figure for each in over if each.figure is not None]
    best_so_far = f", best {max(figures):.4f}" if figures else ""
    default = f" (default {figures[0]:.4f})" if over and over[0].figure is not None else ""
    progress(f"trial {len(over) + 1} of {trials}{best_so_far}{default}", len(over) + done, trials)


class _Held(JournalFileOpenLock):
    """The journal's own lock, of which there is no need: the whole search holds the file."""

    def acquire(self) -> bool:
        """It is."""
        return True

    def release(self) -> None:
        """It stays, to the end of the search."""


@contextmanager
def _kept(file: Path) -> Iterator[optuna.Study]:
    """The study in this file, made if it is not there, for one process at a time."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a+b") as journal, warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            if fcntl:  # the system lets go when the process dies
                fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _mend(journal)
            yield _study(file)
    except BlockingIOError as error:
        raise TrainingError(f"{file} is being searched with by another process; wait for its end") from error
    except (OSError, optuna.exceptions.OptunaError) as error:
        raise TrainingError(f"{file} cannot be used: {error}; mend its rights, or free some space") from error


def _study(file: Path) -> optuna.Study:
    try:
        storage = JournalStorage(JournalFileBackend(str(file), lock_obj=_Held(str(file))))
        return optuna.create_study(
            storage=storage, study_name="tune", direction="maximize", load_if_exists=True
        )
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        raise TrainingError(f"{file} is damaged: {error}; remove it to begin anew") from error


def _mend(journal: BinaryIO) -> None:
    """Cut off the half of a line that a power cut may have left at the end."""
    journal.seek(0)
    whole = journal.read()
    journal.truncate(whole.rfind(b"\n") + 1)
