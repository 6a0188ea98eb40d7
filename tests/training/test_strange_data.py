"""Whatever the data, what is trained gives numbers for every question: never NaN."""

from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matinee.events.types import Facts
from matinee.models.base import Folded
from matinee.models.blend import Blend
from matinee.models.dataset import NOTHING
from matinee.models.sequence import SequenceOptions
from matinee.progress import silent
from matinee.training.trainer import TrainOptions, trained
from tests.models import worlds as models
from tests.training import worlds

OPTIONS = replace(TrainOptions(), sequence=SequenceOptions(min_support=1))
STRENGTHS = st.sampled_from([(1.0,), (-1.0,), (0.0,), (0.3,), (-1.0, 0.0, 1e-6, 0.4, 1.0)])
HOURS = st.sampled_from([(0,), (0, 1), (-87_600, 0, 1, 1, 200_000)])
"""All at once, or far apart: the events of a user come in any order of time, and at the same time."""


@st.composite
def rows(draw: st.DrawFn) -> list[tuple[str, str, float, int]]:
    users, movies = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    strengths, hours = draw(STRENGTHS), draw(HOURS)
    row = st.tuples(
        st.integers(0, users - 1).map("u{}".format),
        st.integers(0, movies - 1).map("m{:02}".format),
        st.sampled_from(strengths),
        st.sampled_from(hours),
    )
    return draw(st.lists(row, min_size=1, max_size=60))


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(rows(), st.sampled_from([(), ("Drama",), ("Drama", "Horror")]))
def test_every_answer_is_a_number(given_, genres):
    known = {movie: Facts(title="Night", genres=genres) for movie in ("m00", "m01", "elsewhere")}
    model, _ = trained(worlds.events(*given_), known, OPTIONS, silent)
    assert len(model.movies) == len({movie for _, movie, *_ in given_} | set(known))
    for state in (model.state(NOTHING), folded(model)):
        for answer in (model.scores(state), model.base(state), model.scores(state, 10**15), model.popular()):
            assert np.isfinite(answer).all()
    columns = np.arange(len(model.movies), dtype=np.int32)
    past = models.history((0, 1.0), (0, -1.0))
    state = model.state(past)
    terms = np.vstack([model.explain(state, past, columns), model.base(state)])
    assert models.close(terms.sum(axis=0), model.scores(state), terms=terms)
    assert np.isfinite(model.taste(past)).all()
    for column in columns.tolist():
        assert np.isfinite(model.similar(column)).all()
        assert np.isfinite(model.appeal(column)).all()


def folded(model: Blend):
    """After a like that came later, and a dislike that came before it."""
    state = model.fold_in(model.state(NOTHING), Folded(0, 1.0, 10**15))
    return model.fold_in(state, Folded(0, -1.0, -(10**15)))
