"""Partitions in one row, and the URL of a broker."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matinee.errors import SettingError
from matinee.events.topics import TOPICS
from matinee.log.base import Position
from matinee.log.partitions import NAMES, KafkaPlace, Part, index_of, next_offsets, part_of, position_of

parts = st.builds(Part, st.sampled_from(NAMES), st.integers(0, 9))


def test_the_order_of_topics_is_fixed_and_has_each_of_them():
    assert NAMES == ("movie-stream", "movie-likes", "movie-reviews", "movielens_ratings", "movies")
    assert set(NAMES) == set(TOPICS.values())
    assert [index_of(Part(name, 2)) for name in NAMES] == [10, 11, 12, 13, 14]


@given(parts)
def test_a_place_names_its_partition(part: Part):
    assert part_of(index_of(part)) == part


@given(st.dictionaries(parts, st.integers(1, 10**12)))
def test_a_position_says_of_each_partition_what_is_next(offsets: dict[Part, int]):
    said = next_offsets(position_of(offsets), 10)
    assert {part: offset for part, offset in said.items() if offset} == offsets
    assert len(said) == 10 * len(NAMES)


def test_more_partitions_leave_the_places_of_before():
    before = next_offsets(Position([1, 2, 3, 4, 5]), 1)
    assert next_offsets(Position([1, 2, 3, 4, 5]), 2) == before | {Part(name, 1): 0 for name in NAMES}


def test_a_url_names_brokers_prefix_partitions_and_settings():
    place = KafkaPlace.of("kafka://me:p%40ss@a:9092,b:9093/prod?partitions=6&security.protocol=SASL_SSL")
    assert (place.servers, place.prefix, place.partitions) == ("a:9092,b:9093", "prod", 6)
    login = {"sasl.username": "me", "sasl.password": "p@ss"}
    assert place.client == {"security.protocol": "SASL_SSL", **login}
    assert place.topics[0] == "prod.movie-stream"
    assert "p@ss" not in repr(place)
    assert KafkaPlace.of("kafka://a:1") == KafkaPlace("a:1")
    assert KafkaPlace.of("kafka://[::1]:9092/").topics == list(NAMES)


@pytest.mark.parametrize(
    "url",
    ["kafka://a:1/p?stats_cb=1", "kafka://a:1?default.topic.config=x", "kafka://a:1/shop."],
)
def test_what_no_url_can_say_is_refused(url: str):
    with pytest.raises(SettingError, match=r"leave it out|write the prefix without"):
        KafkaPlace.of(url)


@pytest.mark.parametrize(
    "url",
    ["kafka://", "kafka://host", "kafka://a:1,b", "kafka://a:99999", "kafka://a:1?partitions=0", "x://a:1"],
)
def test_what_names_no_broker_is_refused(url: str):
    with pytest.raises(SettingError):
        KafkaPlace.of(url)


def test_an_error_tells_no_password():
    with pytest.raises(SettingError) as error:
        KafkaPlace.of("kafka://me:mine@a?sasl.password=mine&ssl.key.password=mine&client.id=x")
    assert "mine" not in str(error.value)
