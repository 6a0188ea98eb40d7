"""The REST API, as a real server answers it."""

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec
import pytest

from matinee.stores.interactions.base import CHARTS, RANKED
from tests import support
from tests.stream.given import EVERY_FACT

Json = dict[str, Any]

PERSON = "1"


@pytest.fixture
def client(api: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{api}/v1", timeout=30) as client:
        yield client


def someone() -> str:
    return f"user-{uuid.uuid4().hex[:8]}"


def send(client: httpx.Client, *events: Any) -> Json:
    answer = client.post("/events", json=list(events))
    assert answer.status_code == 202, answer.text
    receipt: Json = answer.json()
    return receipt


def like(user: str, movie: str, **more: Any) -> Json:
    return {"type": "like", "user": user, "movie": movie, **more}


def listed(client: httpx.Client, user: str, **query: Any) -> Json:
    answer = client.get(f"/users/{user}/recommendations", params=query)
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def ids(answer: Json) -> list[str]:
    return [item["movie"] for item in answer["recommendations"]]


def test_a_known_user_gets_a_personal_list(client):
    answer = listed(client, PERSON, k=7)
    assert answer["kind"] == "personal"
    assert answer["user"] == PERSON
    assert len(answer["recommendations"]) == 7
    first = answer["recommendations"][0]
    assert set(first) == {"movie", "title", "year", "genres", "poster", "score", "reasons", "why"}
    assert first["title"]
    assert first["reasons"] is first["why"] is None
    safest = listed(client, PERSON, k=7, variety=0)["recommendations"]
    scores = [item["score"] for item in safest if "explored" not in item]
    assert scores == sorted(scores, reverse=True)


def test_variety_changes_the_order_and_no_score(client):
    safest, varied = (listed(client, PERSON, k=100, variety=v)["recommendations"] for v in (0, 0.8))
    scores = {item["movie"]: item["score"] for item in safest}
    assert [item["movie"] for item in varied] != list(scores)
    assert all(scores.get(item["movie"], item["score"]) == item["score"] for item in varied)
    question = {"liked": ["1"], "k": 20}
    answers = [client.post("/recommendations", json=question | {"variety": v}).json() for v in (0, 1)]
    assert ids(answers[0]) != ids(answers[1])
    for wrong in (-0.1, 1.1, "nan", "much"):
        answer = client.get("/popular", params={"variety": wrong})
        assert answer.status_code == 422
        assert answer.json()["field"] == "variety"


def test_what_is_explored_is_marked_and_counted(api, client):
    lists = [listed(client, f"{someone()}-{n}", explain=True)["recommendations"] for n in range(60)]
    explored = [(place, item) for each in lists for place, item in enumerate(each) if "explored" in item]
    assert explored
    for place, item in explored:
        assert place >= 3
        assert item["explored"] is True
        assert item["why"].startswith("Listed because few have met it here yet")
        assert sum(client.get(f"/movies/{item['movie']}").json()["events"].values()) < 20
    metrics = support.HTTP.get(f"{api}/metrics").text
    counted = {
        name: float(n) for name, n in re.findall(r'list_places_total{chosen_by="(\w+)"} (\S+)', metrics)
    }
    assert counted["exploration"] >= len(explored)
    assert counted["score"] >= 600 - len(explored)


def test_a_like_changes_the_next_list_and_the_liked_movie_is_gone(client):
    user = someone()
    popular = listed(client, user)
    assert popular["kind"] == "popular"
    receipt = send(client, like(user, ids(popular)[0]))
    personal = listed(client, user)
    assert personal["kind"] == "new-user"
    assert int(personal["offset"]) >= int(receipt["offset"])
    assert ids(popular)[0] not in ids(personal)
    assert ids(personal) != ids(popular)[1:]
    assert ids(popular)[0] in ids(listed(client, user, include_seen=True, k=1000))


def test_a_like_taken_back_leaves_the_list_as_it_was(client):
    user = someone()
    before = listed(client, user, k=20, explain=True)
    film = ids(before)[0]
    send(client, like(user, film))
    assert listed(client, user, k=20, explain=True)["recommendations"] != before["recommendations"]
    [seen] = client.get(f"/users/{user}/history").json()["history"]
    counted = client.get(f"/movies/{film}").json()["events"]["like"]
    took_back = {"type": "retract", "user": user, "movie": film, "of": seen["at"]}
    assert send(client, took_back)["accepted"] == 1
    after = listed(client, user, k=20, explain=True)
    assert {**after, "offset": ""} == {**before, "offset": ""}
    assert client.get(f"/users/{user}/history").json()["history"] == []
    assert client.get(f"/users/{user}/profile").json()["events"] == {}
    assert client.get(f"/movies/{film}").json()["events"].get("like", 0) == counted - 1
    exported = client.get(f"/users/{user}/export").json()["events"]
    assert [event["type"] for event in exported] == ["like", "retract"]
    assert exported[1]["of"] == seen["at"]
    send(client, took_back, like(user, film, at=seen["at"]))
    assert {**listed(client, user, k=20, explain=True), "offset": ""} == {**before, "offset": ""}


def test_a_rating_stays_when_a_like_of_the_same_movie_is_taken_back(client):
    user = someone()
    film = ids(listed(client, user))[0]
    send(client, {"type": "rating", "user": user, "movie": film, "value": 4.5})
    rated = listed(client, user, k=20, explain=True)
    send(client, like(user, film))
    liked = client.get(f"/users/{user}/history").json()["history"][0]
    send(client, {"type": "retract", "user": user, "movie": film, "of": liked["at"]})
    assert listed(client, user, k=20, explain=True)["recommendations"] == rated["recommendations"]
    [left] = client.get(f"/users/{user}/history").json()["history"]
    assert (left["type"], left["value"]) == ("rating", 4.5)


@pytest.mark.parametrize(
    ("of", "reason"),
    [({}, "is required"), ({"of": "noon"}, "must be a time such as"), ({"of": None}, "must be")],
)
def test_what_is_taken_back_must_be_told(client, of, reason):
    answer = client.post("/events", json={"type": "retract", "user": someone(), "movie": "1", **of})
    assert answer.status_code == 422
    assert answer.json()["field"] == "of"
    assert reason in answer.json()["detail"]


def test_a_dislike_lowers_what_is_like_it(client):
    user = someone()
    movie = "1"
    alike = ids(client.get(f"/movies/{movie}/similar", params={"k": 5}).json())
    scores = {}
    for kind in ("like", "dislike"):
        name = f"{user}-{kind}"
        send(client, {"type": kind, "user": name, "movie": movie})
        answer = client.post("/scores", json={"user": name, "movies": alike}).json()
        scores[kind] = sum(each["score"] for each in answer["scores"])
    assert scores["dislike"] < scores["like"]


def test_reasons_sum_to_the_score_and_name_real_events(client):
    for item in listed(client, PERSON, explain=True)["recommendations"]:
        assert sum(reason["gave"] for reason in item["reasons"]) == pytest.approx(item["score"], abs=1e-4)
        assert item["reasons"][0]["title"]
        assert item["why"].endswith(".")
    total = client.get(f"/users/{PERSON}/history").json()["total"]
    assert total > 20
    for query, named in (("", 20), ("?k=2", 2), ("?k=1000", total)):
        answer = client.get(f"/users/{PERSON}/why/2{query}").json()
        assert sum(reason["gave"] for reason in answer["reasons"]) == pytest.approx(answer["score"], abs=1e-4)
        assert sum(reason["movie"] is not None for reason in answer["reasons"]) == named


def test_after_waits_for_an_offset_or_says_which_it_has(client):
    user = someone()
    receipt = send(client, like(user, "1"))
    assert listed(client, user, after=receipt["offset"])["kind"] == "new-user"
    beyond = client.get(f"/users/{user}/recommendations", params={"after": int(receipt["offset"]) + 10**6})
    assert beyond.status_code == 503
    assert beyond.headers["retry-after"]
    assert int(receipt["offset"]) <= int(beyond.json()["offset"])
    for nonsense in ("soon", "1.1", "1.0.0", "-1"):  # the log has one partition
        refused = client.get(f"/users/{user}/recommendations", params={"after": nonsense})
        assert refused.status_code == 422
        assert "after" in refused.text
        assert nonsense in refused.text


def test_events_one_many_or_lines(client):
    user = someone()
    one = client.post("/events", json=like(user, "1"))
    many = client.post("/events", json=[like(user, "2"), like(user, "3")])
    lines = b"\n".join(json.dumps(like(user, movie)).encode() for movie in ("4", "5")) + b"\r\n\n"
    nd = client.post("/events", content=lines, headers={"Content-Type": "application/x-ndjson"})
    assert [answer.json()["accepted"] for answer in (one, many, nd)] == [1, 2, 2]
    history = client.get(f"/users/{user}/history").json()
    assert history["total"] == 5
    assert [seen["movie"] for seen in history["history"]] == ["5", "4", "3", "2", "1"]
    for asked, movies in (("k=2&offset=1", ["4", "3"]), ("movie=3", ["3"]), ("movie=nobody-knows-it", [])):
        part = client.get(f"/users/{user}/history?{asked}").json()
        assert [seen["movie"] for seen in part["history"]] == movies


def test_the_same_id_twice_is_one_event(client):
    user = someone()
    event = like(user, "1", id=f"once-{user}")
    receipts = [send(client, event, event), send(client, event)]
    assert [receipt["accepted"] for receipt in receipts] == [1, 0]
    assert [receipt["duplicates"] for receipt in receipts] == [1, 1]
    assert client.get(f"/users/{user}/history").json()["total"] == 1


def test_bad_events_are_told_apart_from_good_ones(client):
    user = someone()
    bad = [
        ("value", {"type": "rating", "user": user, "movie": "1", "value": 9}),
        ("type", {"type": "love", "user": user, "movie": "1"}),
        ("user", {"type": "like", "movie": "1"}),
        ("moive", {"type": "like", "user": user, "movie": "1", "moive": "1"}),
        ("at", {"type": "like", "user": user, "movie": "1", "at": "2999-01-01T00:00:00Z"}),
        ("user", {"type": "like", "user": "a/b", "movie": "1"}),
        ("event", "like"),
    ]
    receipt = send(client, *(event for _, event in bad), like(user, "1"))
    assert receipt["accepted"] == 1
    assert [(each["index"], each["field"]) for each in receipt["rejected"]] == [
        (index, field) for index, (field, _) in enumerate(bad)
    ]
    assert all(each["reason"] for each in receipt["rejected"])
    alone = client.post("/events", json=bad[0][1])
    assert alone.status_code == 422
    assert alone.headers["content-type"] == "application/problem+json"
    assert alone.json()["field"] == "value"
    assert receipt["rejected"][4]["value"] == '"2999-01-01T00:00:00Z"'
    assert client.post("/events", json=bad[2][1]).json()["detail"] == "user: is required, got null"
    assert client.post("/scores", json={"user": None, "movies": ["1"]}).json()["detail"].endswith("got null")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 422),
        (b"[]", 422),
        (b"nonsense", 422),
        (b"[{]", 422),
        (b"\xff\xfe", 422),
        (b"[" * 100_000, 422),
        (b'{"a":' * 100_000, 422),
        (b"[" + b"1," * 30_000 + b"1]", 413),
        (b" " * (17 * 2**20), 413),
    ],
)
def test_bodies_that_are_no_events(client, body, status):
    answer = client.post("/events", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]


def test_a_body_of_unknown_length_is_cut_off_too(client):
    parts = (b" " * 2**20 for _ in range(17))
    answer = client.post("/events", content=parts, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert answer.json()["detail"]


def test_a_new_movie_can_be_recommended_at_once_and_hidden_again(client):
    user, movie = someone(), f"new-{someone()}"
    facts = {"title": "Toy Story Again", "year": 2026, "genres": ["Animation", "Children", "Comedy"]}
    send(client, {"type": "movie", "movie": movie, "facts": facts}, like(user, "1"))
    assert movie in ids(listed(client, user, year="2026", k=1000))
    assert client.get(f"/movies/{movie}").json()["facts"]["title"] == "Toy Story Again"
    send(client, {"type": "movie", "movie": movie, "facts": {"hidden": True}})
    assert movie not in ids(listed(client, user, year="2026", k=1000))


def test_lists_for_someone_unknown(client):
    answer = client.post("/recommendations", json={"liked": ["1", "3114"], "k": 5}).json()
    assert answer["kind"] == "new-user"
    assert len(ids(answer)) == 5
    assert not {"1", "3114"} & set(ids(answer))
    assert client.post("/recommendations", json={"liked": []}).json()["kind"] == "popular"
    assert client.post("/recommendations", json={"likes": ["1"]}).status_code == 422


def test_search_finds_by_what_a_person_types(client):
    answer = client.get("/movies", params={"q": "toy st"}).json()
    assert answer["recommendations"][0]["title"] == "Toy Story"
    assert answer["kind"] == "search"
    assert "people" not in answer["recommendations"][0]


def test_a_movie_found_by_its_people_says_whom_the_search_named(client):
    facts = {"title": "Quiet Harbour", "people": ["Ann Zwicky", "Bo Quill"]}
    event = {"type": "movie", "movie": "harbour", "facts": facts}
    assert client.post("/events", json=event).status_code == 202

    def found(query: str) -> list[list[str] | None]:
        answer = client.get("/movies", params={"q": query}).json()["recommendations"]
        return [each.get("people") for each in answer if each["movie"] == "harbour"]

    support.await_until(lambda: bool(found("zwicky")), "the catalogue knows the movie")
    assert found("zwikcy harbour") == [["Ann Zwicky"]]
    assert found("quill ann") == [["Ann Zwicky", "Bo Quill"]]
    assert found("quiet harbour") == [None]
    assert client.get("/movies/harbour").json()["facts"]["people"] == facts["people"]


def test_movies_similar_audience_and_facts(client):
    movie = client.get("/movies/1").json()
    assert movie["facts"]["title"] == "Toy Story"
    assert movie["events"]["rating"] > 5
    assert 0.5 <= movie["mean_rating"] <= 5
    similar = ids(client.get("/movies/1/similar").json())
    assert len(similar) == 10
    assert "1" not in similar
    audience = client.get("/movies/1/audience").json()["audience"]
    assert audience
    assert all(-1 <= fan["strength"] <= 1 for fan in audience)
    support.await_until(lambda: client.get("/movies/1/audience").json()["among"] >= 60, "tastes are solved")
    answer = client.get("/movies/1/audience", params={"k": 1000}).json()
    would = [each["user"] for each in answer["would_like"]]
    assert would
    for user in would[:5]:
        seen = {each["movie"] for each in client.get(f"/users/{user}/history?k=1000").json()["history"]}
        assert "1" not in seen
    scores = [each["score"] for each in answer["would_like"]]
    assert scores == sorted(scores, reverse=True)
    assert min(scores) > 0


def test_movies_are_alike_to_their_users_or_by_their_facts(client):
    both, audience, content = (
        ids(client.get("/movies/1/similar", params=by).json())
        for by in ({}, {"by": "audience"}, {"by": "content"})
    )
    assert len(both) == len(audience) == len(content) == 10
    assert both != audience != content != both
    assert client.get("/movies/1/similar", params={"by": "luck"}).json()["field"] == "by"
    assert client.get("/popular", params={"by": "content"}).status_code == 422


def test_the_place_of_a_movie_is_that_in_the_list_by_score(client):
    best = listed(client, PERSON, k=1000, variety=0)["recommendations"]
    first = [item["movie"] for item in sorted(best, key=lambda item: -item["score"])][:3]
    answers = [client.get(f"/users/{PERSON}/why/{movie}").json() for movie in first]
    assert [answer["place"] for answer in answers] == [1, 2, 3]
    assert len({answer["among"] for answer in answers}) == 1
    seen = client.get(f"/users/{PERSON}/history").json()["history"][0]["movie"]
    assert client.get(f"/users/{PERSON}/why/{seen}").json()["place"] is None


def test_users_similar_and_profile(client):
    support.await_until(lambda: client.get("/users/1/similar").json()["among"] >= 60, "tastes are solved")
    near = client.get(f"/users/{PERSON}/similar").json()["similar"]
    assert near
    assert PERSON not in [each["user"] for each in near]
    assert all(0 < each["score"] <= 1 + 1e-6 for each in near)
    assert any(each["shared"] for each in near)
    for each in near:
        assert len(each["shared"]) <= min(5, each["in_common"])
        assert all(shared["title"] for shared in each["shared"])
    assert any(each["passes_on"] for each in near)
    met = {event["movie"] for event in client.get(f"/users/{PERSON}/history?k=1000").json()["history"]}
    for each in near:
        passed = [movie["movie"] for movie in each["passes_on"]]
        assert len(passed) <= 5
        assert all(movie["title"] for movie in each["passes_on"])
        assert not met & set(passed)
        theirs = client.get(f"/users/{each['user']}/history?k=1000").json()["history"]
        assert set(passed) <= {event["movie"] for event in theirs}
        scored = client.post("/scores", json={"user": PERSON, "movies": passed or ["1"]}).json()["scores"]
        scores = [movie["score"] for movie in scored]
        assert scores == sorted(scores, reverse=True)
    seen = client.get(f"/users/{PERSON}/history").json()["history"][0]
    facts = client.get(f"/movies/{seen['movie']}").json()["facts"]
    assert {name: seen[name] for name in ("title", "year", "genres")} == {
        name: facts[name] for name in ("title", "year", "genres")
    }
    assert seen["poster"] == facts.get("poster")
    profile = client.get(f"/users/{PERSON}/profile").json()
    assert sum(profile["events"].values()) == client.get(f"/users/{PERSON}/history").json()["total"]
    assert profile["genres"]


def test_trending_popular_and_insights(client):
    assert ids(client.get("/popular").json())
    trending = client.get("/trending", params={"window": "7d", "type": "rating"}).json()
    assert trending["kind"] == "trending"
    assert ids(trending)
    assert all(item["score"] >= 1 and item["before"] >= 0 for item in trending["recommendations"])
    assert "before" not in client.get("/popular").json()["recommendations"][0]
    for item in trending["recommendations"]:
        assert len(item["series"]) == 20
        assert sum(item["series"]) == item["score"]


@pytest.mark.parametrize("chart", CHARTS)
def test_every_chart_has_rows_and_says_what_they_show(client, chart):
    answer = client.get(f"/insights/{chart}", params={"k": 2}).json()
    assert answer["chart"] == chart
    assert answer["says"].endswith(".")
    assert chart == "rejects" or len(answer["rows"]) >= 1
    assert chart not in RANKED or len(answer["rows"]) <= 2
    none = client.get(f"/insights/{chart}", params={"movie": "no such movie"}).json()
    assert none["rows"] == []
    assert re.fullmatch(r"There are no [\w ]+ of these movies\.", none["says"])
    narrow = {"genre": "comedy", "year": "1990-1999", "language": "en", "movie": "1"}
    assert client.get(f"/insights/{chart}", params=narrow).status_code == 200


def test_a_language_has_its_name(client):
    answer = client.get("/insights/languages").json()
    assert {row["language"]: row["name"] for row in answer["rows"]}["en"] == "English"
    assert answer["says"].startswith(f"English is the most frequent of {len(answer['rows'])} languages: ")


def test_a_chart_that_there_is_not_or_a_filter_that_is_none_is_refused(client):
    assert client.get("/insights/none").status_code == 422
    for name, value in (("year", "soon"), ("year", "1999-1990"), ("movie", ""), ("gender", "x"), ("k", 0)):
        answer = client.get("/insights/genres", params={name: value})
        assert (answer.status_code, answer.json()["field"]) == (422, name)


def test_models_are_listed_and_activated(client):
    models = client.get("/models").json()
    assert models["serving"] == models["models"][0]["version"]
    assert models["models"][0]["active"]
    assert models["models"][0]["figures"]
    assert client.post("/models/reload").json() == {"serving": models["serving"]}
    activated = client.post(f"/models/{models['serving']}/activate")
    assert activated.json() == {"serving": models["serving"]}
    assert client.post("/models/none/activate").status_code == 409


def test_export_and_erasure(client):
    user = someone()
    send(client, like(user, "1"), like(user, "2"))
    exported = client.get(f"/users/{user}/export").json()
    assert len(exported["events"]) == 2
    receipt = client.delete(f"/users/{user}").json()
    assert receipt["removed"]["log"] == 2
    assert user not in json.dumps(receipt)
    left = client.get(f"/users/{user}/export").json()["events"]
    assert {event["type"] for event in left} <= {"erase"}  # what tells the stream, until it is there
    assert client.get(f"/users/{user}/history").json()["total"] == 0
    assert listed(client, user)["kind"] == "popular"


def test_unknown_things_are_404_and_wrong_ones_422(client):
    for path in (
        "/movies/none",
        "/movies/none/similar",
        "/movies/none/audience",
        "/users/1/why/none",
        "/none",
    ):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert answer.json()["detail"]
    for query in (
        {"k": 0},
        {"k": "many"},
        {"k": -1},
        {"offset": -1},
        {"year": "soon"},
        {"year": "2000-1990"},
    ):
        answer = client.get(f"/users/{PERSON}/recommendations", params=query)
        assert answer.status_code == 422, query
        assert answer.json()["field"]
    assert client.put("/events").status_code == 405


def test_a_parameter_that_a_route_does_not_know_is_refused_and_those_it_knows_are_told(client):
    for path, name in (
        (f"/users/{PERSON}/recommendations?k=3&kk=5", "kk"),
        ("/popular?&&genr%65s=Comedy", "genres"),
        ("/models?k=1", "k"),
        ("/popular?=1", ""),
    ):
        answer = client.get(path)
        assert answer.status_code == 422, path
        assert answer.json()["field"] == name
        assert f"{name}: is no parameter of this route" in answer.json()["detail"]
    assert client.post("/events?k=1", json=like(someone(), "1")).status_code == 422
    assert "k, offset, genre, year, exclude" in client.get("/popular?kk=5").json()["detail"]
    assert "none" in client.get("/models?k=1").json()["detail"]
    assert client.get("/popular?k=1&k=2").json()["detail"].startswith("k: is given twice")
    for path in ("/popular?%6B=3", "/popular?k=3&", "/popular?exclude=1&exclude=2"):
        assert client.get(path).status_code == 200, path


def test_health_metrics_and_request_ids(api, client):
    ready = support.HTTP.get(f"{api}/health/ready")
    assert ready.json()["status"] == "ok"
    assert ready.json()["server"] == support.HTTP.get(f"{api}/health/live").json()["server"] > 0
    assert support.HTTP.get(f"{api}/health/live").status_code == 200
    assert (
        support.HTTP.get(f"{api}/health/live", headers={"X-Request-ID": "mine"}).headers["x-request-id"]
        == "mine"
    )
    listed(client, PERSON)
    metrics = support.HTTP.get(f"{api}/metrics").text
    for name in (
        "requests_total",
        "request_seconds_bucket",
        "events_total",
        "freshness_seconds",
        "model_info",
    ):
        assert f"matinee_{name}" in metrics
    assert 'route="/v1/users/{user}/recommendations"' in metrics


def quality(client: httpx.Client) -> Json:
    answer = client.get("/insights/live-quality")
    assert answer.status_code == 200, answer.text
    found: Json = answer.json()
    return found


def test_what_users_do_next_moves_the_figures_of_live_quality(api, client):
    before = quality(client)
    assert before["k"] == 10
    user = someone()
    send(client, like(user, "1"))

    def hit() -> bool:  # the budget may be spent at this moment, so again
        send(client, like(user, ids(listed(client, user, k=1))[0]))
        row = quality(client)["rows"][0]
        judged = row["judged"] > max(before["rows"][0]["judged"], 1)
        return bool(judged and row["hit_rate"]["value"] > 0)

    support.await_until(hit, "likes of the first movie of a list count as hits, with an error from two on")
    after = quality(client)
    assert {(row["users"], row["model"]) for row in after["rows"]} == {
        (users, model) for users in ("returning", "new") for model in ("blend", "popular")
    }
    for row in after["rows"]:
        for figure in ("hit_rate", "ndcg", "mrr"):
            assert row[figure]["value"] is None or 0 <= row[figure]["value"] <= 1
    metrics = support.HTTP.get(f"{api}/metrics").text
    assert 'matinee_live_hit_rate{model="blend",users="returning"}' in metrics
    assert 'matinee_live_mrr_error{model="popular",users="returning"}' in metrics
    judged = re.search(r'matinee_live_judgements_total\{outcome="judged"\} (\S+)', metrics)
    assert judged
    assert float(judged[1]) >= after["outcomes"]["judged"] > before["outcomes"]["judged"]


def test_history_is_no_test_of_live_quality(client):
    before = quality(client)["outcomes"]
    at, user = "2026-01-01T12:00:00Z", someone()

    def told() -> bool:
        send(client, *(like(user, str(movie), at=at) for movie in range(1, 6)))
        return bool(quality(client)["outcomes"]["not-live"] > before["not-live"])

    support.await_until(told, "old events are told apart")


def test_every_fact_of_a_movie_reaches_its_answer(client):
    told = json.loads(msgspec.json.encode(EVERY_FACT))
    send(client, {"type": "movie", "movie": "every-fact", "facts": told})
    assert client.get("/movies/every-fact").json()["facts"] == told
