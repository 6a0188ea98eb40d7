"""Movie: everything about one, and whether the user would like it."""

import streamlit as st

from matinee.ui import acts
from matinee.ui.api import Json, NoAnswerError, UnknownError, api
from matinee.ui.charts import RATINGS, Drawing, answers, are_due, over_time, show
from matinee.ui.filters import language_name
from matinee.ui.frame import faint, heading, plain, properties, strengths
from matinee.ui.person import link, person
from matinee.ui.wall import wall

_MOST = 8
_LAST = 2
_CHARTS = [
    Drawing("rating-distribution", "Its ratings", RATINGS),
    Drawing("events-over-time", "Its trend", over_time("start", ["events", "likes"], y_title="Events")),
]


def page() -> None:
    """The page."""
    movie = str(st.query_params.get("movie") or "")
    act = acts.since()
    if not movie:
        heading("Movie", "Open a movie on any wall, or search for one above.")
        return
    try:
        about = api().get("movies", movie)
    except UnknownError:
        heading("Movie", f"No movie has the id {plain(movie[:128])}. Search for one above.")
        return
    except NoAnswerError:
        heading("Movie")
        raise
    heading(plain(_named(movie, about["facts"])))
    _itself(movie, about, act)
    if not are_due():
        return
    found = answers(_CHARTS, {"movie": movie})
    for column, drawing, answer in zip(st.columns(2, gap="large"), _CHARTS, found, strict=True):
        with column:
            show(drawing, answer, key=f"movie-{movie}", height=200)
    _alike(movie)
    _audience(movie)


def _named(movie: str, facts: Json) -> str:
    title = facts.get("title") or movie
    return f"{title} ({facts['year']})" if facts.get("year") else str(title)


def _itself(movie: str, about: Json, act: Json | None) -> None:
    facts = about["facts"]
    poster, words = st.columns([1, 2.6], gap="large")
    item = {"movie": movie, "title": facts.get("title"), "year": facts.get("year")}
    item |= {"genres": facts.get("genres") or [], "poster": facts.get("poster"), "why": None}
    with poster, st.container(width=260):
        wall([item], "movie", label="This movie")
        acts.undo_button()
    with words:
        if facts.get("overview"):
            st.markdown(plain(facts["overview"]))
        if facts.get("people"):
            st.markdown("With " + ", ".join(map(_searched, facts["people"][:_MOST])))
        reasons = _would_i_like_it(movie, act)
        gave = [each for _, each in reasons]
        if any(gave):
            faint("What each gave to its score:")
            strengths(reasons, min(0.0, *gave), max(0.0, *gave))
        if told := _facts(about):
            properties(told)
        else:
            st.markdown("Nothing else is known of it.")


def _searched(name: str) -> str:
    """A name that leads to all that is found by it."""
    return f"[{plain(name)}]({link('search', q=name)})"


def _facts(about: Json) -> dict[str, str]:
    facts, events = about["facts"], about["events"]
    told = {
        "Genres": ", ".join(facts.get("genres") or []),
        "Released": facts.get("released"),
        "Runtime": f"{facts['runtime']:g} minutes" if facts.get("runtime") else None,
        "Language": language_name(facts["language"]) if facts.get("language") else None,
        "On TMDB": f"{facts['vote_average']:g} of 10, {facts.get('votes') or 0:,} votes"
        if facts.get("vote_average")
        else None,
        "Here": ", ".join(f"{count:,} {kind}{'s' if count != 1 else ''}" for kind, count in events.items()),
        "Mean rating here": f"{about['mean_rating']:.2f} stars" if about["mean_rating"] is not None else None,
    }
    return {name: value for name, value in told.items() if value}


def _would_i_like_it(movie: str, act: Json | None) -> list[tuple[str, float]]:
    """Say so; what the reasons are, and what each gave."""
    st.subheader("Would I like it?", anchor=False)
    try:
        why = api().get("users", person(), "why", movie, k=6, after=act and act["offset"])
    except UnknownError:
        st.markdown("The model does not know this movie yet.")
        return []
    told = f"{_met(movie, act)} Its score for you:" if why["seen"] else _place(why)
    st.markdown(plain(f"{told} {why['why']}"))
    return [(_reason(each), each["gave"]) for each in why["reasons"]]


def _met(movie: str, act: Json | None) -> str:
    """What the user did with it last."""
    after = act and act["offset"]
    did = api().get("users", person(), "history", movie=movie, k=_LAST, after=after)["history"]
    told = [acts.told_of(each["type"], "it", each["value"]) for each in reversed(did)]
    return f"You {' and '.join(told)}." if told else ""


def _place(why: Json) -> str:
    if not why.get("place"):
        return ""
    return f"Of {why['among']:,} movies that you have not seen it is number {why['place']:,} for you."


def _reason(reason: Json) -> str:
    if reason["movie"] is None:
        return str(reason["type"])
    return f"{reason['type']}: {reason['title'] or reason['movie']}"


def _alike(movie: str) -> None:
    for by, title, none in (
        ("audience", "Liked by the same people", "Too few have met it to say."),
        ("content", "Alike by what is known of them", "Too little is known of it to say."),
    ):
        st.subheader(title, anchor=False)
        try:
            found = api().get("movies", movie, "similar", k=_MOST, by=by)["recommendations"]
        except UnknownError:
            found = []
        if found:
            wall(found, f"similar-{by}", label=title, layout="row", actions=("like", "view"))
        else:
            st.markdown(none)


def _audience(movie: str) -> None:
    found = api().get("movies", movie, "audience", k=_MOST)
    likes, would = st.columns(2, gap="large")
    with likes:
        st.subheader("Who likes it", anchor=False)
        faint("Of its latest users, and how much, from -1 to 1.")
        _users([(fan["user"], f"{fan['strength']:+.1f}") for fan in found["audience"]])
    with would:
        st.subheader("Who would", anchor=False)
        faint("How far its score is above their mean score, in standard deviations.")
        _users([(fan["user"], f"{fan['score']:+.1f}") for fan in found["would_like"]])


def _users(rows: list[tuple[str, str]]) -> None:
    if not rows:
        st.markdown("Nobody is known yet.")
        return
    st.markdown("\n".join(f"- {_you_or(user)} · {plain(said)}" for user, said in rows))


def _you_or(user: str) -> str:
    return "**you**" if user == person() else plain(user)
