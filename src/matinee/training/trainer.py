"""Training: from a version of the lake to a published model and the figures that speak for it.

1. Read the interactions of one version, and the movies as they are now. 2. Fit the parts on all but the
last part of time. 3. On what came after it, choose the weights by the targets of one half of the users, and
measure with those of the other. 4. Fit the parts again on everything. 5. Publish and activate.

With the engine `spark` the factors of implicit ALS are made by Spark's MLlib, and all else as always; and
what explicit ALS makes of stars is measured too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, Protocol, Self

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from matinee.errors import LakeError, TrainingError
from matinee.evaluation.data import ReadableLake
from matinee.evaluation.metrics import Figure, Figures, best, figures, rank
from matinee.evaluation.splits import cut_at, split, targets, thinned
from matinee.evaluation.walk import Flags, walk
from matinee.events.types import Facts
from matinee.lake.movies import facts_of
from matinee.lake.tables import TableName
from matinee.models import mllib
from matinee.models.artifact import Origin
from matinee.models.autoencoder import Autoencoder, AutoencoderOptions
from matinee.models.base import Floats, Interactions
from matinee.models.blend import BUCKETS, DEFAULT_WEIGHTS, PARTS, Blend, BlendOptions, Parts
from matinee.models.content import Content, ContentOptions
from matinee.models.dataset import interactions, ordered
from matinee.models.ials import Ials, IalsOptions
from matinee.models.lives import places_of
from matinee.models.mllib import ExplicitOptions, MllibOptions
from matinee.models.popular import Popular, PopularOptions
from matinee.models.registry import Registry
from matinee.models.sequence import SequenceModel, SequenceOptions
from matinee.progress import Progress, silent, within
from matinee.training.mixing import chosen_weights, sampled
from matinee.training.stars import StarFigures, star_figures

Engine = Literal["local", "spark"]
"""What fits implicit ALS."""
FiguresByModel = Mapping[str, Figures]
"""The figures of the blend and of every part of it, by name."""
COLUMNS = ("partition", "offset", "user", "movie", "strength", "at")
STAR_COLUMNS = (*COLUMNS, "type", "value")


class VersionedLake(ReadableLake, Protocol):
    """What training needs of the lake: its tables, and the number of the newest version of each."""

    def version(self, table: TableName) -> int | None:
        """The newest version of `table`."""
        ...


@dataclass(frozen=True)
class TrainOptions:
    """How the blend is fitted and measured."""

    popular: PopularOptions = field(default_factory=PopularOptions)
    ials: IalsOptions = field(default_factory=IalsOptions)
    sequence: SequenceOptions = field(default_factory=SequenceOptions)
    content: ContentOptions = field(default_factory=ContentOptions)
    autoencoder: AutoencoderOptions = field(default_factory=AutoencoderOptions)
    blend: BlendOptions = field(default_factory=BlendOptions)
    engine: Engine = "local"
    """What fits implicit ALS: `local` with `ials`, `spark` with `spark_als`."""
    spark_als: MllibOptions = field(default_factory=MllibOptions)
    stars: ExplicitOptions = field(default_factory=ExplicitOptions)
    held_back: float = 0.1
    """The share of the events, the last in time, that is held back to choose weights and measure."""
    weighed: int = 400
    """The most targets that the weights of each bucket are chosen by."""
    measured: int = 2000
    """The most targets that the figures are of."""
    k: int = 10
    """The length of the lists that are measured."""
    activate: bool = True
    """Whether the published model becomes the active one."""


class FittedContent(NamedTuple):
    """The content of all movies known, with or without events, and the column of each: fitted once."""

    content: Content
    columns: Mapping[str, int]

    @classmethod
    def of(cls, events: pl.DataFrame, catalogue: Mapping[str, Facts], options: ContentOptions) -> Self:
        """The movies of the events and of the catalogue."""
        movies = sorted({*events["movie"].unique(), *catalogue})
        content = Content.fit([catalogue.get(movie, Facts()) for movie in movies], options)
        return cls(content, {movie: column for column, movie in enumerate(movies)})


class Trained(NamedTuple):
    """The published version, its model, its figures (none where there were no targets), and the options.

    `stars` is what the engine `spark` made of ratings, where there were any.
    """

    version: str
    model: Blend
    figures: FiguresByModel
    options: TrainOptions
    stars: StarFigures | None = None

    @property
    def told(self) -> dict[str, Any]:
        """The figures fit for JSON, as the model keeps them."""
        return plain(self.figures, self.stars)


def train(
    lake: VersionedLake,
    registry: Registry,
    *,
    options: TrainOptions | None = None,
    progress: Progress | None = None,
    version: int | None = None,
    created: datetime | None = None,
) -> Trained:
    """Train on the lake at `version` of its interactions, by default the newest, and publish.

    Raises TrainingError when there is nothing to train on, or not that version.
    """
    options, progress = options or TrainOptions(), progress or silent
    progress("reading the lake", 0.0, 1.0)
    version, events = _read(lake, version, COLUMNS if options.engine == "local" else STAR_COLUMNS)
    catalogue = dict(facts_of(lake.read("movies")))
    stars = None
    if options.engine == "spark":
        progress("explicit ALS", 0.01, 1.0)
        stars = star_figures(events, options.stars, options.held_back)
    blend, by_model = trained(events, catalogue, options, progress)
    progress("publishing", 0.95, 1.0)
    origin = Origin(created or datetime.now(UTC), version, plain(by_model, stars))
    published = registry.publish(blend, origin, activate=options.activate)
    progress(f"published {published}", 1.0, 1.0)
    return Trained(published, blend, by_model, options, stars)


def _read(lake: VersionedLake, wanted: int | None, columns: Sequence[str]) -> tuple[int | None, pl.DataFrame]:
    """The interactions at the version that is wanted, by default the newest, and that version."""
    newest = lake.version("interactions")
    version = newest if wanted is None else wanted
    if newest is None:
        raise TrainingError(
            "no interactions in the lake yet: load or send events; matinee stream (or matinee up) brings them"
        )
    versions = f"its versions go up to {newest}; leave out --version to train on the newest"
    if version is not None and version > newest:
        raise TrainingError(f"the lake has no version {version} of its interactions; {versions}")
    try:
        events = lake.read("interactions", version=version, columns=columns)
    except LakeError as error:
        if wanted is None or wanted == newest:
            raise
        raise TrainingError(f"version {wanted} can no longer be read; {versions} ({error})") from error
    if events.is_empty():
        advice = "load or send events first" if version == newest else versions
        raise TrainingError(f"the lake has no interactions at version {version}; {advice}")
    return version, events


def trained(
    events: pl.DataFrame, catalogue: Mapping[str, Facts], options: TrainOptions, progress: Progress
) -> tuple[Blend, FiguresByModel]:
    """The blend of everything, and the figures of one that did not see what was held back."""
    events = ordered(events.with_columns(pl.col("at").to_physical().cast(pl.Int64)))
    progress("content", 0.02, 1.0)
    fitted = FittedContent.of(events, catalogue, options.content)
    weights, by_model = validated(events, fitted, options, within(progress, 0.05, 0.55))
    progress("fitting on everything", 0.55, 1.0)
    blend = fit_blend(interactions(events), fitted, options, within(progress, 0.55, 0.95))
    return blend.with_weights(weights), by_model


def validated(
    events: pl.DataFrame, fitted: FittedContent, options: TrainOptions, progress: Progress
) -> tuple[Floats, FiguresByModel]:
    """The weights chosen on the held-back events of half of the users, and the figures on the other half."""
    cut = cut_at(events, 1 - options.held_back)
    before = split(events, cut).before
    if before.height in (0, events.height):
        return DEFAULT_WEIGHTS, {}
    blend = fit_blend(interactions(before), fitted, options, within(progress, 0.0, 0.8))
    whole = interactions(events, blend.movies)
    wanted = targets(whole, cut)
    half = _half(whole)
    chosen_by, measured = (
        _thinned(wanted & half, whole, options.weighed),
        thinned(wanted & ~half, options.measured),
    )
    with threadpool_limits(1, "blas"):  # many small products: threads would only wait for each other
        progress("choosing the weights", 0.8, 1.0)
        weights = chosen_weights(sampled(blend, whole, chosen_by))
        progress("measuring", 0.9, 1.0)
        return weights, _figures(blend.with_weights(weights), whole, measured, options.k)


def fit_blend(given: Interactions, fitted: FittedContent, options: TrainOptions, progress: Progress) -> Blend:
    """All parts on these interactions, the other movies of `fitted` as newcomers, default weights."""
    progress("popularity and implicit ALS", 0.0, 1.0)
    popular = Popular.fit(given, options.popular)
    ials = Ials.fit(given, options.ials) if options.engine == "local" else mllib.fit(given, options.spark_als)
    progress("the sequential model and the autoencoder", 0.2, 1.0)
    sequence = SequenceModel.fit(given, options.sequence)
    autoencoder = Autoencoder.fit(given, options.autoencoder)
    movies = (*given.movies, *sorted(fitted.columns.keys() - set(given.movies)))
    content = fitted.content.arranged([fitted.columns[movie] for movie in movies])
    parts = Parts(popular, ials, sequence, content, autoencoder)
    return Blend(movies, parts, DEFAULT_WEIGHTS, options.blend)


def plain(by_model: FiguresByModel, stars: StarFigures | None) -> dict[str, Any]:
    """The figures fit for JSON."""
    explicit = {"spark-als-explicit": _plain(stars)} if stars else {}
    return {name: _plain(each) for name, each in by_model.items()} | explicit


def _plain(each: Figures | StarFigures) -> dict[str, Any]:
    fields = each._asdict().items()
    return {name: value._asdict() if isinstance(value, Figure) else value for name, value in fields}


def _figures(blend: Blend, whole: Interactions, wanted: Flags, k: int) -> FiguresByModel:
    """The blend and each part alone, on the same targets, in one walk."""
    names = (Blend.kind, *PARTS)
    users: list[int] = []
    ranks: dict[str, list[int]] = {name: [] for name in names}
    shown = {name: np.zeros(len(whole.movies), bool) for name in names}
    for moment in walk(blend, whole, wanted):
        users.append(moment.user)
        scored = (blend.scores(moment.state, moment.at), *blend.part_scores(moment.state, moment.at))
        for name, scores in zip(names, scored, strict=True):
            ranks[name].append(rank(scores, moment.seen, moment.target))
            shown[name][best(scores, moment.seen, k)] = True
    if not users:
        return {}
    by = np.array(users, np.int32)
    return {
        name: figures(np.array(ranks[name], np.int32), by, k, float(shown[name].mean())) for name in names
    }


def _thinned(wanted: Flags, whole: Interactions, most: int) -> Flags:
    """At most `most` of the wanted in each bucket of history lengths: beginners are few."""
    buckets = np.searchsorted(BUCKETS, places_of(whole.users), side="right") - 1
    chosen: Flags = np.any([thinned(wanted & (buckets == one), most) for one in range(len(BUCKETS))], axis=0)
    return chosen


def _half(whole: Interactions) -> Flags:
    """The events of every other user; of the only one, its own."""
    half: Flags = whole.users % 2 == 0
    return half
