"""What each idea of the sequential model is worth: `python -m benchmarks.ablation --data ml-1m.zip`.

Every row is the model with one thing changed, on the validation of the protocols `live` and `live-early`.
Nothing after the cut of the test is touched. Prints Markdown.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from benchmarks import movielens
from matinee.evaluation.contenders import Contender
from matinee.evaluation.data import read_movielens
from matinee.evaluation.evaluate import evaluate
from matinee.evaluation.metrics import Figure
from matinee.evaluation.own import sequence
from matinee.models.contexts import Context
from matinee.models.sequence import CONTEXTS, SequenceOptions

FULL = SequenceOptions()
PAGE, SITTING, WEEKS, ALL = CONTEXTS
BY_EVENTS = (
    Context(keep=0.3, ridge=120),
    Context(keep=0.8, ridge=120),
    Context(keep=0.97, ridge=120),
    Context(keep=1.0, share=0.5, ridge=120),
)
"""How it began: contexts that fade by the number of events alone."""


def _without(name: str) -> tuple[Context, ...]:
    return tuple(replace(context, **{name: 0.0}) for context in CONTEXTS)


VARIANTS: Mapping[str, SequenceOptions] = {
    "as it is": FULL,
    "fading by events, not by time": replace(FULL, contexts=BY_EVENTS),
    "not fading in gaps between events": replace(FULL, contexts=_without("fade")),
    "not waning with the time since the last": replace(FULL, contexts=_without("wane")),
    "without the last page": replace(FULL, contexts=(SITTING, WEEKS, ALL)),
    "without the sitting": replace(FULL, contexts=(PAGE, WEEKS, ALL)),
    "without the last weeks": replace(FULL, contexts=(PAGE, SITTING, ALL)),
    "without everything": replace(FULL, contexts=(PAGE, SITTING, WEEKS)),
    "with a fifth context, of the last three events": replace(
        FULL, contexts=(*CONTEXTS, Context(keep=0.7, fade=0.3, wane=0.6, ridge=500))
    ),
    "dropout 1/3": replace(FULL, dropout=1 / 3),
    "dropout 4/5": replace(FULL, dropout=4 / 5),
    "a third of the ridge": replace(FULL, ridge=1 / 3),
    "three times the ridge": replace(FULL, ridge=3.0),
    "all targets have the same mass": replace(FULL, propensity=0.0),
    "targets at movies that few watch have more": replace(FULL, propensity=0.2),
    "a gap is one from 10 s on": replace(FULL, tau=10.0),
    "every movie in the map": replace(FULL, min_support=1),
    "events at movies without a row count for nothing": replace(FULL, lent=0.0),
    "1,800 rows, of 92% of the events": replace(FULL, max_rows=1800),
    "1,800 rows, and other events for nothing": replace(FULL, max_rows=1800, lent=0.0),
    "1,000 rows, of 76% of the events": replace(FULL, max_rows=1000),
    "1,000 rows, and other events for nothing": replace(FULL, max_rows=1000, lent=0.0),
}


@click.command()
@click.option(
    "--data", envvar="MATINEE_ML1M", type=click.Path(exists=True, path_type=Path), help="MovieLens."
)
def main(data: Path | None) -> None:
    """The model and its variants, on the validation."""
    events = read_movielens(movielens.find(data))
    models = [Contender(name, sequence, options) for name, options in VARIANTS.items()]
    protocols = ("live", "live-early")
    found = {protocol: evaluate(events, protocol, models, on="validation") for protocol in protocols}
    click.echo("| | `live` HR@10 | NDCG@10 | `live-early` HR@10 | NDCG@10 |\n|---|---|---|---|---|")
    for name in VARIANTS:
        figures = [found[each].row(name).accuracy[figure] for each in protocols for figure in _FIGURES]
        cells = [f"{each.value:.4f}" for each in figures if isinstance(each, Figure)]
        click.echo(f"| {name} | {' | '.join(cells)} |")


_FIGURES = ("HR@10", "NDCG@10")

if __name__ == "__main__":
    main()
