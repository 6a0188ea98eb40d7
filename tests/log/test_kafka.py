"""The log on a real Kafka broker: the contract, and what only it has to promise."""

import itertools
import json
import time
import uuid
from typing import Any

import pytest
from confluent_kafka import Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from matinee.errors import LogError, SettingError
from matinee.log import is_there, open_log
from matinee.log import kafka as kafka_log
from matinee.log.base import Position
from matinee.log.kafka_tail import Tail
from matinee.log.kafka_topics import Broker
from matinee.log.partitions import NAMES, Part, index_of
from matinee.stream.parse import parse
from tests.log.contract import LogContract, everything, ids, record
from tests.log.raw_headers import send
from tests.support import await_until


@pytest.fixture
def prefix():
    return uuid.uuid4().hex


class TestKafkaLog(LogContract):
    @pytest.fixture
    def log_url(self, kafka, prefix):
        return f"kafka://{kafka.address}/{prefix}"

    @pytest.fixture
    def foreign(self, kafka, prefix):
        """Send to a topic as a producer that knows nothing of us."""
        producer = Producer({"bootstrap.servers": kafka.address})

        def send(topic: str, value: bytes | None, key: bytes | None = None, **more: Any) -> None:
            producer.produce(f"{prefix}.{topic}", value, key, **more)
            assert producer.flush(30) == 0

        return send

    def test_a_user_keeps_to_a_partition_of_each_topic_and_its_order(self, log):
        for turn in range(5):
            log.append([record(f"{user}-{turn}", f"u{user}", topic=NAMES[user % 4]) for user in range(20)])
        entries = everything(log)
        assert len({entry.partition for entry in entries}) > 4
        for user in range(20):
            own = [entry for entry in entries if entry.key == f"u{user}"]
            assert len({entry.partition for entry in own}) == 1
            assert [entry.id for entry in own] == [f"{user}-{turn}" for turn in range(5)]
            assert NAMES[own[0].partition % 5] == own[0].topic

    def test_a_position_has_the_offset_of_each_partition(self, log):
        position = log.append([record("a", "u1"), record("b", "u1")]).position
        [index] = {entry.partition for entry in everything(log)}
        assert position == Position((*(0,) * index, 2))
        assert [entry.offset for entry in everything(log)] == [1, 2]

    def test_foreign_messages_are_set_aside_with_the_reason_and_stop_nothing(self, log, foreign):
        log.append([record("a", "u", b'{"id":"a","type":"like","user":"u","movie":"m"}')])
        foreign("movie-likes", None, b"u")
        foreign("movie-likes", b"no JSON", b"\xff\xfe")
        foreign("movie-stream", b"x" * 900_000)
        foreign("movies", None, b"m")
        foreign("movie-likes", b'{"id":"b","type":"like","user":"u","movie":""}', b"u", headers={"id": b""})
        foreign("movie-reviews", b'{"id":"c","type":"review","user":"u","movie":"m","text":"Fine"}', b"u")
        wait_for(log, 7)
        rows = parse(log.read(Position(), 100).columns).to_pylist()
        assert sorted(row["id"] for row in rows if row["accepted"]) == ["a", "c"]
        rejected = [row for row in rows if not row["accepted"]]
        assert len(rejected) == 5
        assert all(row["reason"] for row in rejected)
        assert sorted(len(row["bytes"]) for row in rejected)[::4] == [0, 900_000]

    def test_plain_messages_are_read_as_the_events_that_they_mean(self, log, foreign):
        foreign("movie-likes", b'{"user_id": 7, "movie_id": 1}', b"7", timestamp=1_764_583_200_123)
        foreign("movielens_ratings", b"7,1,4.5,1764583200", b"7")
        wait_for(log, 2)
        rows = parse(log.read(Position(), 10).columns).to_pylist()
        assert sorted((row["type"], row["user"], row["movie"], row["value"]) for row in rows) == [
            ("like", "7", "1", None),
            ("rating", "7", "1", 4.5),
        ]
        assert {row["appended"].timestamp() for row in rows if row["type"] == "like"} == {1_764_583_200.123}
        assert len({row["id"] for row in rows}) == 2

    def test_a_header_whose_name_is_no_text_stops_nothing(self, kafka, log, prefix):
        log.append([record(f"before-{number}", "u") for number in range(500)])
        send(kafka.address, f"{prefix}.movie-likes", b'{"user": "a", "movie": "1"}', (b"\xff\xfe", b"x"))
        log.append([record("after", "u")])
        found = {entry.id: entry.value for entry in everything(log)}
        assert len(found) == 502
        assert "after" in found
        assert b'"like"' in found[""]

    def test_an_id_that_is_no_text_is_none(self, log, foreign):
        """Replaced, two of them would be one, and the later event lost."""
        said = b'{"user": "a", "movie": "1"}'
        for number in (b"\xff\x01", b"\xff\x02"):
            foreign("movie-likes", said, headers=[("id", number)])
            foreign("movie-likes", said, headers=[("id", number), ("appended", b"1700000000000000")])
        assert [entry.id for entry in everything(log)] == [""] * 4

    def test_what_is_no_erasure_is_passed_over(self, log, log_url, foreign):
        log.append([record("a", "u"), record("b", "v")])
        for value in (b"hello", b"\xff", None):
            foreign("matinee-erasures", value, b"junk")
        log.erase(["u"], log.end())
        later = open_log(log_url)
        assert ids(log) == ids(later) == ["b"]
        later.close()

    def test_after_an_error_in_the_middle_nothing_is_passed_over(self, log, log_url, monkeypatch):
        sent = [record(str(number), f"u{number}") for number in range(100)]
        log.append(sent)
        read, took = open_log(log_url), Tail._receive
        seen = itertools.count()

        def failing(tail, message):
            if next(seen) == 50:
                raise LogError("for once")
            took(tail, message)

        monkeypatch.setattr(Tail, "_receive", failing)
        with pytest.raises(LogError, match="for once"):
            everything(read)
        assert sorted(ids(read)) == sorted(each.id for each in sent)
        read.close()

    def test_another_producers_retry_counts_once_wherever_reading_begins(self, log, log_url, foreign):
        event = json.dumps({"id": "x", "type": "like", "user": "u", "movie": "m"}).encode()
        for value in (event, b'{"id":"y","type":"like","user":"u","movie":"n"}', event):
            foreign("movie-likes", value, b"u")
        wait_for(log, 2)
        assert ids(log) == ["x", "y"]
        [index] = {entry.partition for entry in everything(log)}
        fresh = open_log(log_url)
        assert fresh.read(Position((*(0,) * index, 2)), 10).entries == []
        assert fresh.append([record("x", "u"), record("z", "u")]).duplicates == (0,)
        fresh.close()

    @settings(max_examples=5, suppress_health_check=list(HealthCheck))
    @given(data=st.data())
    def test_who_sends_the_same_at_once_is_counted_once_by_every_reader(self, kafka, data):
        prefix = uuid.uuid4().hex
        url = f"kafka://{kafka.address}/{prefix}?partitions=1&window=4"
        log = open_log(url)
        producer = Producer({"bootstrap.servers": kafka.address})
        sent = data.draw(st.lists(st.integers(0, 6).map(str), min_size=8, max_size=40))
        for id_ in sent:
            producer.produce(f"{prefix}.movie-likes", b"v", b"u", headers={"id": id_.encode()}, partition=0)
        assert producer.flush(30) == 0
        index = index_of(Part("movie-likes", 0))
        assert log.end()[index] == len(sent)
        whole = everything(log)
        begin = data.draw(st.integers(0, len(sent)))
        other = open_log(url)
        behind = other.read(Position((*(0,) * index, begin)) if begin else Position(), 1000).entries
        assert behind == [entry for entry in whole if entry.offset > begin]
        log.close()
        other.close()

    def test_the_end_of_a_transaction_is_no_entry_and_holds_nothing_up(self, kafka, log, prefix):
        producer = Producer({"bootstrap.servers": kafka.address, "transactional.id": prefix})
        producer.init_transactions(30)
        for end in (producer.commit_transaction, producer.abort_transaction):
            producer.begin_transaction()
            producer.produce(f"{prefix}.movie-likes", b"t", b"u", headers={"id": end.__name__.encode()})
            producer.flush(30)
            end(30)
        log.append([record("a", "u")])
        assert ids(log) == ["commit_transaction", "a"]
        assert log.read(log.end(), 10).entries == []

    def test_an_open_transaction_of_another_producer_stops_no_append(self, kafka, log, prefix):
        producer = Producer({"bootstrap.servers": kafka.address, "transactional.id": prefix})
        producer.init_transactions(30)
        log.append([record("before", "u")])
        producer.begin_transaction()
        producer.produce(f"{prefix}.movie-likes", b"t", b"u", headers={"id": b"t"})
        producer.flush(30)
        appended = log.append([record("behind", "u"), record("before", "u")])
        assert appended.duplicates == (1,)
        assert ids(log) == ["before"]
        assert not log.wait(log.end(), 0.1)
        producer.commit_transaction(30)
        await_until(lambda: log.end().reaches(appended.position), "the transaction has ended")
        assert ids(log) == ["before", "t", "behind"]

    def test_what_the_brokers_tell_of_and_do_not_give_is_an_error(self, log, log_url, monkeypatch):
        log.append([record("a", "u")])
        fresh = open_log(log_url)
        assert ids(fresh) == ["a"]
        at_hand, told = fresh.at_hand(), Broker.ends
        monkeypatch.setattr(Broker, "ends", lambda self: {part: end + 1 for part, end in told(self).items()})
        monkeypatch.setattr(kafka_log, "_READ_SECONDS", 0.1)
        for ask in (lambda: fresh.wait(at_hand, 0), lambda: fresh.read(at_hand, 10)):
            with pytest.raises(LogError, match="does not give what is there"):
                ask()
        assert fresh.at_hand() == at_hand
        monkeypatch.setattr(Broker, "ends", told)
        log.append([record("b", "u")])
        assert fresh.wait(at_hand, 30)
        assert [entry.id for entry in fresh.read(at_hand, 10).entries] == ["b"]
        fresh.close()

    def test_a_gap_is_an_error_with_a_way_out(self, kafka, log, log_url, prefix):
        log.append([record(str(number), "u") for number in range(10)])
        [index] = {entry.partition for entry in everything(log)}
        removed = TopicPartition(f"{prefix}.movie-likes", index // 5, 6)
        admin = AdminClient({"bootstrap.servers": kafka.address})
        for future in admin.delete_records([removed]).values():
            future.result(30)
        fresh, after = open_log(log_url), Position((*(0,) * index, 3))
        with pytest.raises(LogError, match=r"offsets 3 to 5 of \S+movie-likes/\d+: .*gaps=accept"):
            fresh.read(after, 100)
        assert [entry.id for entry in everything(fresh)] == ["6", "7", "8", "9"]
        fresh.close()
        accepting = open_log(f"{log_url}?gaps=accept")
        assert [entry.id for entry in accepting.read(after, 100).entries] == ["6", "7", "8", "9"]
        accepting.close()

    def test_a_position_of_another_log_is_refused(self, log):
        log.append([record("a")])
        with pytest.raises(LogError, match=r"ends at offset 0 of \S+, .*lost its end"):
            log.read(Position((5,)), 10)
        with pytest.raises(LogError, match="given by another log"):
            log.read(Position((0,) * 99), 10)

    def test_a_record_too_large_for_the_brokers_is_an_error_and_the_next_is_taken(self, log):
        with pytest.raises(LogError, match=r"too large.* make it smaller"):
            log.append([record("a", value=b"x" * 3_000_000)])
        assert log.append([record("b")]).duplicates == ()
        assert ids(log) == ["b"]


def wait_for(log, entries: int) -> None:
    """Until the log has so many."""
    position, found = Position(), 0
    while found < entries:
        assert log.wait(position, 30)
        batch = log.read(position, 100)
        position, found = batch.position, found + len(batch)


def accepts(log, id_: str) -> bool:
    try:
        log.append([record(id_, "u")])
    except LogError:
        return False
    return True


def test_a_broker_that_is_gone_is_an_error_and_one_that_is_back_is_no_loss(own_server):
    broker = own_server("kafka")
    log = open_log(f"kafka://{broker.address}/gone")
    end = log.append([record(str(number), "u") for number in range(100)]).position
    assert len(everything(log)) == 100
    broker.kill()
    began = time.monotonic()
    with pytest.raises(LogError, match="see that its brokers run"):
        log.append([record("lost?", "u")])
    with pytest.raises(LogError, match="see that its brokers run"):
        log.wait(end, 30)
    with pytest.raises(LogError, match="see that its brokers run"):
        log.end()
    assert log.at_hand() == end
    assert time.monotonic() - began < 30
    broker.start()
    await_until(lambda: accepts(log, "lost?"), "the log takes events again")
    assert log.append([record("lost?", "u"), record("0", "u")]).duplicates == (0, 1)
    assert sorted(ids(log), key=str) == sorted([*map(str, range(100)), "lost?"])
    log.close()


def test_whether_a_log_is_there_is_told_without_making_it(kafka, prefix):
    url = f"kafka://{kafka.address}/{prefix}"
    admin = AdminClient({"bootstrap.servers": kafka.address})
    assert not is_there(url)
    assert not [topic for topic in admin.list_topics(timeout=30).topics if topic.startswith(prefix)]
    open_log(url).close()
    assert is_there(url)


def test_topics_that_are_made_anew_are_told_to_who_read_those_of_before(own_server):
    own = own_server("kafka")
    log = open_log(f"kafka://{own.address}/anew")
    log.append([record(str(number), f"u{number}") for number in range(20)])
    admin = AdminClient({"bootstrap.servers": own.address})
    names = [f"anew.{name}" for name in NAMES]
    for future in admin.delete_topics(names).values():
        future.result(30)
    await_until(lambda: not set(names) & set(admin.list_topics(timeout=30).topics), "the topics are gone")
    open_log(f"kafka://{own.address}/anew").close()
    with pytest.raises(LogError, match="lost its end, or is another one"):
        log.append([record("21", "u")])
    log.close()


def test_an_error_tells_no_secret(kafka):
    url = f"kafka://me:hush@{kafka.address}/x?security.protocol=SASL_PLAINTEXT&sasl.mechanism=PLAIN"
    with pytest.raises(LogError) as error:
        open_log(f"{url}&ssl.key.password=hush")
    assert "hush" not in str(error.value)
    with pytest.raises(SettingError, match=r"no\.such\.thing"):
        open_log(f"kafka://{kafka.address}/x?no.such.thing=1")
