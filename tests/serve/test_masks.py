"""What may be shown, of a genre, of a year: kept up step by step, or made at once."""

from hypothesis import given
from hypothesis import strategies as st

from matinee.events.types import Facts
from matinee.serve.masks import Masks

FACTS = st.builds(
    Facts,
    title=st.sampled_from([None, "A", "B"]),
    year=st.sampled_from([None, 1990, 1999, 2005]),
    genres=st.sampled_from([None, (), ("Comedy",), ("comedy", "Drama")]),
    hidden=st.sampled_from([None, True, False]),
)
STEPS = st.lists(st.tuples(st.integers(0, 5), FACTS), max_size=20)


@given(STEPS)
def test_step_by_step_is_the_same_as_told_from_the_facts(steps):
    masks, known = Masks(), dict[int, Facts]()
    for size, (column, facts) in enumerate(steps, 6):
        masks.resize(size)
        masks.update([(column, facts)])
        known[column] = facts
    size = 5 + len(steps)

    def those(holds):
        return [column in known and holds(known[column]) for column in range(size)] if steps else []

    def shown(facts):
        return bool(facts.title) and not facts.hidden

    def of(genre, facts):
        return genre in [each.casefold() for each in facts.genres or ()]

    assert masks.allowed(None, None).tolist() == those(shown)
    assert masks.allowed("COMEDY", None).tolist() == those(lambda facts: shown(facts) and of("comedy", facts))
    assert masks.allowed(None, (1995, 2005)).tolist() == those(
        lambda facts: shown(facts) and 1995 <= (facts.year or 0) <= 2005
    )
    assert masks.allowed(None, (0, 1990)).tolist() == those(lambda facts: shown(facts) and facts.year == 1990)
    assert not masks.allowed("none such", None).any()
