"""What is said of a chart is what its rows show."""

from matinee.serve.api.captions import caption


def test_what_is_said_follows_from_the_rows():
    rated = [
        {"genre": "Film-Noir", "average": 3.919, "ratings": 870},
        {"genre": "Drama", "average": 3.6, "ratings": 41_928},
        {"genre": "Horror", "average": 3.258, "ratings": 7_291},
    ]
    assert caption("average-rating-per-genre", rated, narrowed=False) == (
        "Film-Noir is rated best, 3.92 on average over 870 ratings; Horror worst, 3.26."
    )
    assert caption("average-rating-per-genre", rated[:1], narrowed=True) == (
        "Film-Noir is rated best, 3.92 on average over 870 ratings."
    )
    tail = [
        {"rank": rank, "share": share, "movies": 200} for rank, share in ((2, 0.1), (20, 0.5), (200, 1.0))
    ]
    assert caption("long-tail", tail, narrowed=False) == (
        "The top 1% of 200 movies have 10% of all events, the top 10% 50%; 20 movies have half of all events."
    )
    rejects = [
        {"field": "value", "reason": "must be at most 5", "rejects": 3, "last": "2026-01-15T12:30:40Z"}
    ]
    assert caption("rejects", rejects, narrowed=False) == (
        "3 rejects; most often, 3 times, because value must be at most 5, last on 2026-01-15 12:30 UTC."
    )


def test_nothing_is_said_of_nothing():
    assert caption("rating-distribution", [], narrowed=False) == "There are no ratings yet."
    assert caption("rating-distribution", [], narrowed=True) == "There are no ratings of these movies."
