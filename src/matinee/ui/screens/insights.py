"""Insights: what is in the lake, for whoever decides; the filters act on every chart."""

from typing import Any

import altair as alt
import streamlit as st

from matinee.ui.charts import (
    ALL,
    RATINGS,
    Drawing,
    answers,
    are_due,
    bars,
    columns,
    in_utc,
    over_time,
    show,
    told_in_utc,
)
from matinee.ui.filters import genre_choice, language_choice, year_choice
from matinee.ui.frame import heading

_TOP = 10


def _averages(rows: Any) -> Any:
    """The mean of each genre with its interval, and how many ratings it rests on."""
    base = alt.Chart(rows).encode(
        y=alt.Y("genre:N", title=None, sort=None, axis=alt.Axis(labelOverlap=False))
    )
    scale = alt.Scale(zero=False)
    tooltip = [
        "genre:N",
        alt.Tooltip("average:Q", format=".3f"),
        alt.Tooltip("low:Q", format=".3f"),
        alt.Tooltip("high:Q", format=".3f"),
        alt.Tooltip("ratings:Q", format=","),
    ]
    means = base.mark_point(filled=True).encode(
        x=alt.X("average:Q", title="Mean of the ratings, with its 95% interval", scale=scale),
        size=alt.Size("ratings:Q", legend=None, scale=alt.Scale(range=[30, 260])),
        tooltip=tooltip,
    )
    # A bar, since a rule is black in any theme.
    return base.mark_bar(size=2).encode(x=alt.X("low:Q", scale=scale), x2="high:Q") + means


def _tail(rows: Any) -> Any:
    return (
        alt.Chart(rows)
        .mark_area(line=True, opacity=0.35)
        .encode(
            x=alt.X("rank:Q", title="Movies, the most seen first"),
            y=alt.Y("share:Q", title="Share of all events", axis=alt.Axis(format="%")),
            tooltip=["rank:Q", alt.Tooltip("share:Q", format=".1%")],
        )
    )


def _tastes(rows: Any) -> Any:
    return (
        alt.Chart(rows)
        .mark_area()
        .encode(
            x=in_utc("start"),
            y=alt.Y("share:Q", title="Share of events", stack="normalize", axis=alt.Axis(format="%")),
            color=alt.Color("genre:N", title=None, legend=alt.Legend(orient="right")),
            tooltip=[told_in_utc("start", "%B %Y"), "genre:N", alt.Tooltip("share:Q", format=".1%")],
        )
    )


_DRAWINGS = [
    Drawing(
        "movies-by-release-date",
        "Movies by release date",
        columns("year", "movies", x_title="Year of release", y_title="Movies"),
    ),
    Drawing(
        "top-popular",
        "Top 10 popular",
        bars("popularity", "movie", called="title", x_title="TMDB's popularity"),
        _TOP,
    ),
    Drawing("average-rating-per-genre", "Average rating per genre", _averages, ALL),
    Drawing(
        "languages", "Top 10 languages", bars("movies", "language", called="name", x_title="Movies"), _TOP
    ),
    Drawing(
        "top-votes", "Top 10 by votes", bars("votes", "movie", called="title", x_title="Votes on TMDB"), _TOP
    ),
    Drawing("rating-distribution", "Rating distribution", RATINGS),
    Drawing(
        "events-per-minute",
        "Events and likes per minute",
        over_time("minute", ["events", "likes"], y_title="In the minute"),
    ),
    Drawing("long-tail", "The long tail", _tail),
    Drawing("taste-over-time", "Taste over time", _tastes),
]
_HEIGHTS = {"average-rating-per-genre": 460}
_SEEN = 2
"""Charts at the top of the page."""


def page() -> None:
    """The page."""
    heading("Insights", "What people do with which movies, from the lake; the filters act on all charts.")
    with st.container(border=True):
        one, two, three = st.columns([1, 1, 2], vertical_alignment="bottom")
        with one:
            genre = genre_choice()
        with two:
            language = language_choice()
        with three:
            year = year_choice()
    filters = {"genre": genre, "language": language, "year": year}
    _rows(_DRAWINGS[:_SEEN], filters)
    if are_due():
        _rows(_DRAWINGS[_SEEN:], filters)


def _rows(drawings: list[Drawing], filters: dict[str, Any]) -> None:
    """Charts, two in a row."""
    found = answers(drawings, filters)
    for start in range(0, len(drawings), 2):
        row = zip(drawings[start : start + 2], found[start : start + 2], strict=True)
        for column, (drawing, answer) in zip(st.columns(2, gap="large"), row, strict=False):
            with column:
                show(drawing, answer, key="insights", height=_HEIGHTS.get(drawing.name, 320))
