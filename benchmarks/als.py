"""Implicit ALS by Spark's MLlib, the embedded `ials` and `implicit` alone, at equal rank and iterations."""

import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

from implicit.als import AlternatingLeastSquares
from threadpoolctl import threadpool_limits

from benchmarks.context import Context
from benchmarks.result import Result
from matinee.app import open_matinee
from matinee.models import mllib
from matinee.models.base import Interactions
from matinee.models.dataset import interactions
from matinee.models.ials import Ials, IalsOptions, confidences
from matinee.models.mllib import MllibOptions
from matinee.training.trainer import COLUMNS

_FACTORS, _ITERATIONS = 64, 15


def run(context: Context) -> list[Result]:
    """Seconds of a fit, after one of a single iteration that is not counted."""
    with context.home() as home, get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        spark, embedded, library = pool.apply(_all, (home,))
    note = (
        f"{_FACTORS} factors, {_ITERATIONS} iterations, on all cores, numbers in memory; a fit of one "
        "iteration came before: Spark's session (local[*]) is up and its code compiled; ials is "
        "implicit's solver over Matinee's confidences, and implicit is the same without what surrounds it"
    )
    rows = (
        ("MLlib, through matinee", spark, "implicit", library),
        ("MLlib, through matinee", spark, "embedded ials", embedded),
        ("embedded ials", embedded, "implicit", library),
    )
    return [
        Result(
            figure=f"implicit ALS, fit by {figure}",
            value=value,
            unit="s",
            rival=rival,
            rival_value=rival_value,
            data=context.data,
            command="make bench ARGS=als",
            note=note,
        )
        for figure, value, rival, rival_value in rows
    ]


def _all(home: Path) -> tuple[float, float, float]:
    with open_matinee(home) as matinee:
        given = interactions(matinee.lake.read("interactions", columns=COLUMNS))
    with mllib.session("local[*]"):
        spark = _warm(lambda n: mllib.fit(given, MllibOptions(factors=_FACTORS, iterations=n)))
    embedded = _warm(lambda n: Ials.fit(given, IalsOptions(factors=_FACTORS, iterations=n)))
    library = _warm(lambda n: _library(given, IalsOptions(factors=_FACTORS, iterations=n)))
    return spark, embedded, library


def _warm(fit: Callable[[int], object]) -> float:
    fit(1)
    began = time.perf_counter()
    fit(_ITERATIONS)
    return time.perf_counter() - began


def _library(given: Interactions, options: IalsOptions) -> None:
    model = AlternatingLeastSquares(
        factors=options.factors,
        iterations=options.iterations,
        regularization=options.regularization,
        alpha=1.0,
        random_state=options.seed,
    )
    with threadpool_limits(1, "blas"):
        model.fit(confidences(given, options.alpha), show_progress=False)
