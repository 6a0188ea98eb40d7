"""Fit what is served on the events of a home, in this process: `python -m benchmarks.fits HOME`."""

import time
from pathlib import Path

import click
from msgspec import Struct, json

from matinee.app import open_matinee
from matinee.lake.movies import facts_of
from matinee.models.dataset import interactions
from matinee.models.sequence import SequenceModel
from matinee.progress import silent
from matinee.training.trainer import COLUMNS, FittedContent, TrainOptions, fit_blend


class Fits(Struct, frozen=True):
    """Seconds for the sequential model alone, and for the content and all parts."""

    sequence: float
    everything: float


@click.command()
@click.argument("home", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(home: Path) -> None:
    """Print what the fits take on the events of HOME's lake."""
    options = TrainOptions()
    with open_matinee(home) as matinee:
        events = matinee.lake.read("interactions", columns=COLUMNS)
        catalogue = dict(facts_of(matinee.lake.read("movies")))
    given = interactions(events)
    began = time.perf_counter()
    SequenceModel.fit(given, options.sequence)
    alone = time.perf_counter()
    fit_blend(given, FittedContent.of(events, catalogue, options.content), options, silent)
    click.echo(json.encode(Fits(alone - began, time.perf_counter() - alone)))


if __name__ == "__main__":
    main()
