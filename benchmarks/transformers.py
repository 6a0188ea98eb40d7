"""A transformer of RecTools beside `sequence`: `python -m benchmarks.transformers FOLDER --data ml-1m.zip`.

1. The network is trained on the training events of the validation until it gets no better there; that chooses
the number of epochs. 2. It is trained for as many on those of the test. 3. Both models are asked on the test.
FOLDER keeps every epoch: the same command goes on where it was stopped. Prints Markdown.
"""

import itertools
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import click
import numpy as np
from msgspec import json

from benchmarks import movielens
from benchmarks.errors import BenchmarkError
from benchmarks.machine import describe
from benchmarks.rivals import epochs
from benchmarks.rivals.epochs import Cost, Epoch, Judged
from benchmarks.rivals.rectools import Network, NetworkOptions
from matinee.evaluation.beyond import catalogue
from matinee.evaluation.data import Data, read_movielens
from matinee.evaluation.evaluate import RANKING
from matinee.evaluation.metrics import Figure
from matinee.evaluation.splits import On
from matinee.evaluation.trial import Answer, Measured, Trial, measured
from matinee.models.base import Floats, Folded, History, Ints
from matinee.models.sequence import SequenceModel
from matinee.progress import silent

_BATCH = 256
"""Lists that are asked for at once."""
_SAMPLE = 4000
"""Targets of the validation that an epoch is judged by, evenly spread."""
_SHOWN = (
    *("HR@10", "NDCG@10", "HR@20"),
    *("coverage@10", "Gini@10", "novelty@10", "diversity@10", "calibration@10"),
)
_NONE = np.zeros(0, np.float32)


class Asked(Protocol):
    """What is asked in batches."""

    def scores(self, pasts: Sequence[Ints]) -> Floats:
        """A score for every movie after each of these histories, shape (len(pasts), n_movies)."""
        ...


class _Nobody:
    """A model that says nothing: a trial that asks it goes through everything but the answers."""

    def state(self, _history: History) -> None:
        return None

    def fold_in(self, _state: None, _event: Folded) -> None:
        return None

    def scores(self, _state: None, _at: int | None = None) -> Floats:
        return _NONE


class Row(NamedTuple):
    """One model in one protocol."""

    protocol: str
    model: str
    figures: Measured


def answers(trial: Trial, most: int, model: Asked) -> Iterator[Answer]:
    """What the model answers to at most so many of the lists of a trial, evenly spread, in their order."""
    wanted = set(np.linspace(0, trial.n - 1, min(most, trial.n)).astype(int).tolist())
    lists = (each for place, each in enumerate(trial.answers(_Nobody())) if place in wanted)
    kept = (each._replace(seen=each.seen.copy()) for each in lists)
    while batch := list(itertools.islice(kept, _BATCH)):
        for each, scores in zip(batch, model.scores([each.past for each in batch]), strict=True):
            yield each._replace(scores=scores)


def judged(trial: Trial, data: Data, model: Asked, most: int) -> Measured:
    """The figures of a model that is asked in batches, by at most so many lists of the trial."""
    asking = trial._replace(answers=partial(answers, trial, most), n=min(most, trial.n))
    return _measured(asking, data, model)


def _measured(trial: Trial, data: Data, model: Any) -> Measured:
    return measured(trial, model, catalogue(trial.given, trial.movies, data.facts), silent)[""]


class Run:
    """Everything in one folder, with these options and no others."""

    def __init__(self, folder: Path, data: Data, options: NetworkOptions) -> None:
        self._folder = folder
        self._data = data
        self._options = options
        folder.mkdir(parents=True, exist_ok=True)
        about, file = {"data": data.sha256, **asdict(options)}, folder / "options.json"
        if file.exists() and json.decode(file.read_bytes()) != about:
            raise BenchmarkError(
                f"{folder} has a run with other data or options: {file}; name another folder"
            )
        file.write_bytes(json.encode(about))

    def chosen(self, patience: int) -> list[Epoch]:
        """The epochs on the validation, until so many in a row brought nothing better."""
        trial = self.trial("live", "validation")
        network = Network(trial.given, self._options)

        def judge() -> Judged:
            found = judged(trial, self._data, network, _SAMPLE).accuracy
            return Judged(_value(found["HR@10"]), _value(found["NDCG@10"]))

        return self._train("validation", network, lambda done: epochs.exhausted(done, patience), judge)

    def trained(self, number: int) -> tuple[Network, list[Epoch]]:
        """The network after so many epochs on the training events of the test."""
        network = Network(self.trial("live", "test").given, self._options)
        done = self._train("test", network, lambda done: len(done) >= number, lambda: None)
        if len(done) > number:
            raise BenchmarkError(f"{self._folder} has {len(done)} epochs on the test, not {number}")
        return network, done

    def trial(self, protocol: str, on: On) -> Trial:
        """The trial of a protocol."""
        return RANKING[protocol].trial(self._data, on, 0, RANKING[protocol].options)

    def rows(self, network: Network, ours: SequenceModel) -> Iterator[Row]:
        """Both models by three protocols. The network knows no time, so asked early it says the same."""
        live = judged(self.trial("live", "test"), self._data, network, most=10**9)
        last = judged(self.trial("last", "test"), self._data, network, most=10**9)
        theirs = {"live": live, "live-early": live, "last": last}
        for protocol, figures in theirs.items():
            yield Row(protocol, self._options.model, figures)
            yield Row(protocol, "sequence", _measured(self.trial(protocol, "test"), self._data, ours))

    def _train(
        self,
        on: On,
        network: Network,
        enough: Callable[[Sequence[Epoch]], bool],
        judge: Callable[[], Judged | None],
    ) -> list[Epoch]:
        return epochs.train(network, self._folder / on, enough, judge, lambda each: _told(on, each))


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--data", envvar="MATINEE_ML1M", type=click.Path(exists=True, path_type=Path), help="MovieLens."
)
@click.option("--model", type=click.Choice(["sasrec", "bert4rec"]), default="sasrec", show_default=True)
@click.option("--factors", default=128, show_default=True, help="Dimensions of the embeddings.")
@click.option("--blocks", default=3, show_default=True)
@click.option("--heads", default=2, show_default=True)
@click.option("--length", default=128, show_default=True, help="Latest events of a user that are used.")
@click.option(
    "--windows/--no-windows", default=True, show_default=True, help="Train on what was before them too."
)
@click.option("--dropout", default=0.3, show_default=True)
@click.option("--batch", default=32, show_default=True, help="Sequences in a step of training.")
@click.option("--rate", default=1e-3, show_default=True, help="Learning rate of Adam.")
@click.option("--patience", default=10, show_default=True, help="Epochs without anything better.")
@click.option("--epochs", "number", type=int, help="Train for so many, rather than choose how many.")
@click.option("--only-validation", is_flag=True, help="Do not look at the test.")
def main(
    folder: Path, data: Path | None, patience: int, number: int | None, only_validation: bool, **told: Any
) -> None:
    """Train a transformer to its best epoch, and print it beside the sequential model."""
    try:
        run = Run(folder, read_movielens(movielens.find(data)), NetworkOptions(**told))
        search = [] if number else run.chosen(patience)
        if not only_validation:
            _report(run, number or epochs.best(search).number, epochs.cost(search), told)
    except BenchmarkError as error:
        raise click.ClickException(str(error)) from error


def _report(run: Run, number: int, search: Cost, options: dict[str, Any]) -> None:
    machine = describe()
    network, done = run.trained(number)
    ours, own = _ours(run.trial("live", "test"))
    theirs = epochs.cost(done)
    click.echo(f"{machine}, OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', 'unset')}\n{options}\n")
    click.echo("| | epochs | training, s | CPU, s |\n|---|---|---|---|")
    for name, each in ((f"`{options['model']}`", theirs), ("to choose the epochs", search)):
        click.echo(f"| {name} | {each.epochs} | {each.wall:.1f} | {each.cpu:.1f} |")
    click.echo(f"| `sequence` | | {own.wall:.1f} | {own.cpu:.1f} |")
    click.echo(f"| times as long | | {theirs.wall / own.wall:.0f} | {theirs.cpu / own.cpu:.0f} |")
    click.echo(f"\n| protocol | model | targets | {' | '.join(_SHOWN)} |\n{'|---' * (len(_SHOWN) + 3)}|")
    for row in run.rows(network, ours):
        click.echo(
            f"| {row.protocol} | `{row.model}` | {row.figures.targets:,} | {' | '.join(_cells(row))} |"
        )


def _cells(row: Row) -> Iterator[str]:
    figures = {**row.figures.accuracy, **row.figures.beyond}
    for figure in (figures[name] for name in _SHOWN):
        yield str(figure) if isinstance(figure, Figure) else f"{figure:.3f}"


def _ours(trial: Trial) -> tuple[SequenceModel, Cost]:
    """The sequential model, and what its fit took."""
    wall, cpu = time.perf_counter(), time.process_time()
    model = SequenceModel.fit(trial.given)
    return model, Cost(1, time.perf_counter() - wall, time.process_time() - cpu)


def _told(on: str, each: Epoch) -> None:
    good = f", HR@10 {each.judged.hit_rate:.4f}, NDCG@10 {each.judged.ndcg:.4f}" if each.judged else ""
    click.echo(f"{on}: epoch {each.number}, {each.wall:.1f} s, CPU {each.cpu:.1f} s{good}", err=True)


def _value(figure: Figure | float) -> float:
    return figure.value if isinstance(figure, Figure) else figure


if __name__ == "__main__":
    main()
