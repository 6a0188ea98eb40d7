"""Monitor: how the service does right now; it refreshes by itself."""

from typing import Any

import altair as alt
import streamlit as st

from matinee.ui.api import Json, NoAnswerError, api
from matinee.ui.charts import are_due, data, draw, in_utc
from matinee.ui.frame import faint, figures, heading, no_answer, plain, table

_EVERY = 2.0
_REJECTS_EVERY = 30.0
"""Those who look at this page are no load that it should show."""


def page() -> None:
    """The page."""
    heading("Monitor", "The last minute of the whole service, and the quarter of an hour behind it.")
    _now()
    _rejects()


@st.fragment(run_every=_EVERY)
def _now() -> None:
    try:
        now = api().get("monitor")
    except NoAnswerError as error:
        no_answer(error, asked_again=True)
        return
    if now["stale"]:
        st.warning(f"The log has not answered for {now['stale']:.0f} s: lists are as old as that.")
    _figures(now)
    if not are_due():
        return
    _lines(now["series"])
    left, right = st.columns(2, gap="large")
    with left:
        _quality(now["quality"])
    with right:
        _routes(now["routes"])
    _errors(now["errors"])


def _figures(now: Json) -> None:
    latency, freshness, stream = now["latency"], now["freshness"], now["stream"]
    rows = [
        [
            ("Requests a second", _number(now["requests_per_second"])),
            ("Latency p50", _seconds(latency["p50"])),
            ("p95", _seconds(latency["p95"])),
            ("p99", _seconds(latency["p99"])),
            ("Errors a second", _number(now["errors_per_second"])),
        ],
        [
            ("Likes a minute", _number(now["likes_per_minute"])),
            ("Events a second", _number(now["events_per_second"])),
            ("Freshness, p99", _seconds(freshness["p99"])),
            ("Stream behind", "unknown" if stream["behind"] is None else f"{stream['behind']:,} events"),
            ("Model's age", _age(now["model"])),
        ],
    ]
    for row in rows:
        figures(row)
    version = now["model"]["version"]
    faint(f"Model {version} · {now['users']:,} users · {now['movies']:,} movies · log at {now['offset']}")


def _lines(series: list[Json]) -> None:
    drawn = (
        ("requests_per_second", "Requests a second"),
        ("p95", "Latency p95, seconds"),
        ("likes_per_minute", "Likes a minute"),
    )
    for column, (name, title) in zip(st.columns(3, gap="large"), drawn, strict=True):
        with column:
            st.markdown(f"**{title}**")
            draw(_line(series, name), said=f"{title} over the last quarter of an hour", height=130)


def _line(series: list[Json], name: str) -> Any:
    points = [{"at": each["at"], "value": each[name]} for each in series]
    return (
        alt.Chart(data(points))
        .mark_area(line=True, opacity=0.25)
        .encode(
            x=in_utc("at", axis=alt.Axis(format="%H:%M", tickCount=4)),
            y=alt.Y(
                "value:Q",
                title=None,
                scale=alt.Scale(domainMin=0),
                axis=alt.Axis(tickCount=3, format=",.3~f"),
            ),
        )
    )


def _quality(rows: list[Json]) -> None:
    st.subheader("Live HR@10", anchor=False)
    judged = [each for each in rows if each["hit_rate"]["value"] is not None]
    if not judged:
        st.markdown("Too few events were judged to say.")
        return
    told = [
        {
            "Users": each["users"],
            "List": "ours" if each["model"] == "blend" else "most popular",
            "HR@10": _estimate(**each["hit_rate"]),
            "Judged": each["judged"],
        }
        for each in judged
    ]
    table(told)


def _estimate(value: float, error: float | None) -> str:
    return f"{value:.3f}" if error is None else f"{value:.3f} ± {error:.3f}"


def _routes(rows: list[Json]) -> None:
    st.subheader("Busiest routes", anchor=False)
    told = [
        {
            "Route": each["route"],
            "A second": _number(each["requests_per_second"]),
            "p95": _seconds(each["p95"]),
        }
        for each in rows
    ]
    table(told)
    if not told:
        st.markdown("Nobody has asked anything.")


@st.fragment(run_every=_REJECTS_EVERY)
def _rejects() -> None:
    """What was rejected. It comes from the lake, for which the rest of this page does not wait."""
    st.subheader("Rejected", anchor=False)
    try:
        answer = _asked_rejects()
    except NoAnswerError as error:
        st.markdown(plain(str(error)))
        return
    st.markdown(plain(answer["says"]))
    table(answer["rows"])


@st.cache_data(ttl=_REJECTS_EVERY, show_spinner=False)
def _asked_rejects() -> Json:
    """Asked for once for all who look."""
    return api().get("insights", "rejects")


def _errors(errors: list[Json]) -> None:
    st.subheader("Warnings and errors", anchor=False)
    if not errors:
        st.markdown("None.")
        return
    for each in errors[:20]:
        with st.expander(plain(f"{each['at'][:19].replace('T', ' ')} · {each['level']} · {each['event']}")):
            st.code(each["line"], language=None, wrap_lines=True)


def _number(value: float) -> str:
    return f"{value:,.1f}"


def _seconds(value: float | None) -> str:
    if value is None:
        return "none"
    return f"{1000 * value:,.1f} ms" if value < 1 else f"{value:,.1f} s"


def _age(model: Json) -> str:
    if model["age_seconds"] is None:
        return "untrained"
    hours = model["age_seconds"] / 3600
    return (
        f"{60 * hours:.0f} min" if hours < 1 else f"{hours:.0f} h" if hours < 48 else f"{hours / 24:.0f} days"
    )
