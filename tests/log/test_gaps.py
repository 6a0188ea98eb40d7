"""What a reader of Kafka is told of what is lost."""

import pytest

from matinee.errors import LogError
from matinee.log.gaps import checked
from matinee.log.partitions import KafkaPlace, Part

LIKES, MOVIES = Part("movie-likes", 0), Part("movies", 1)
PLACE = KafkaPlace.of("kafka://a:1/prod")


def test_a_start_is_what_the_lake_asks_for_or_what_there_is():
    ends = {LIKES: 5, MOVIES: 2}, {LIKES: 9, MOVIES: 2}
    assert checked(PLACE, {LIKES: 7}, ends) == {LIKES: 7, MOVIES: 2}


def test_what_is_lost_is_named():
    ends = {LIKES: 5, MOVIES: 0}, {LIKES: 9, MOVIES: 2}
    with pytest.raises(LogError, match=r"offsets 3 to 4 of prod.movie-likes/0.*gaps=accept"):
        checked(PLACE, {LIKES: 3}, ends)
    assert checked(KafkaPlace.of("kafka://a:1?gaps=accept"), {LIKES: 3}, ends)[LIKES] == 5
    with pytest.raises(LogError, match=r"ends at offset 9 of prod.movie-likes/0.*lost its end"):
        checked(PLACE, {LIKES: 10}, ends)
    with pytest.raises(LogError, match=r"ends at offset 0 of prod.movies/7"):
        checked(PLACE, {Part("movies", 7): 10}, ends)
