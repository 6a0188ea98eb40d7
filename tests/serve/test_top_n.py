"""The lists of everybody at once are those that each is given alone."""

from matinee.serve.lists import ListQuery
from matinee.serve.recommender import Recommender
from matinee.serve.top_n import top_n
from tests.models import worlds
from tests.serve.world import batch, liked, world

N_USERS, N_MOVIES, N = 330, 12, 5


def test_everybody_has_the_list_that_the_api_gives():
    names = [f"m{column}" for column in range(worlds.N_MOVIES)]
    recommender = Recommender(world(), worlds.blend(), names, version="v1", keep=N_USERS, clock=lambda: 0)
    events = [liked(f"u{user}", f"m{(user * k) % N_MOVIES}", k) for user in range(N_USERS) for k in (1, 2, 5)]
    recommender.live.take(batch(events, 20))
    told: list[tuple[float, float | None]] = []
    lists = top_n(recommender, N, lambda _what, done, total: told.append((done, total)))
    assert [each.user for each in lists] == sorted(recommender.live.users)
    for each in lists:
        picks = recommender.recommend(each.user, ListQuery(N)).picks
        assert [(place.movie, place.score) for place in each.movies] == [(p.movie, p.score) for p in picks]
        assert (each.model, len(picks)) == ("v1", N)
    assert told[-1] == (len(lists), len(lists))
