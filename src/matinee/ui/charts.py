"""Charts of the API's figures: a sentence, the picture, and the numbers to take away."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

import altair as alt
import streamlit as st

from matinee.ui.api import Json, api
from matinee.ui.frame import NO_ROOM, later, plain

Draw = Callable[[Any], Any]
"""From the data of a chart to its picture."""
_HEIGHT = 320
_SOON = 0.5
_CLOCK = {"hours": "%H:%M", "minutes": "%H:%M"}
"""As the sentences tell the time: in UTC, to 24 hours."""
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
ALL = 1000
"""As many rows of a list as the API gives."""


class Drawing(NamedTuple):
    """A chart of the API: its name there, its title here, how its rows are drawn, of a list how many."""

    name: str
    title: str
    of: Draw
    k: int | None = None


def answers(drawings: Sequence[Drawing], filters: Mapping[str, Any]) -> list[Json]:
    """What the API says of these charts, asked for side by side."""
    asked = api()
    with ThreadPoolExecutor(max_workers=len(drawings)) as pool:
        return list(pool.map(lambda each: asked.get("insights", each.name, k=each.k, **filters), drawings))


def show(drawing: Drawing, answer: Json, *, key: str, height: int = _HEIGHT) -> None:
    """The chart with its sentence, and its rows as a file."""
    st.subheader(drawing.title, anchor=False)
    st.markdown(plain(answer["says"]))
    rows = answer["rows"]
    if not rows:
        return
    draw(drawing.of(data(rows)), said=answer["says"], height=height)
    st.download_button(
        f"The numbers of: {drawing.title}",
        as_csv(rows),
        f"{drawing.name}.csv",
        "text/csv",
        key=f"take-{key}-{drawing.name}",
        icon=":material/download:",
        type="tertiary",
        on_click="ignore",
    )


def are_due() -> bool:
    """Whether charts that can wait are to be drawn; at first in a session not yet.

    A browser takes half a second to load what draws them, and shows nothing else meanwhile: so a page first
    shows what it can without, and runs anew in a moment.
    """
    place = st.container()  # there in either case, so that what is drawn after it stays where it is
    if st.session_state.get("charts"):
        return True
    with place:
        later(_SOON, _load)
    return False


def _load() -> None:
    st.session_state["charts"] = True
    st.rerun()


def data(rows: list[Json]) -> Any:
    """Rows as a chart takes them."""
    return alt.Data(values=rows)  # type: ignore[no-untyped-call]


def draw(chart: Any, *, said: str, height: int = _HEIGHT) -> None:
    """One chart in the page's own look, described as a whole for who does not see it."""
    whole = chart.properties(height=height, description=said, background="transparent")
    st.altair_chart(whole.configure_mark(aria=False), width="stretch")


def as_csv(rows: list[Json]) -> str:
    """Rows as CSV, with their names."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula is marked as text, as spreadsheets do it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULAS) else value


def bars(x: str, y: str, *, x_title: str, called: str | None = None, most: int = 180) -> Draw:
    """Bars that lie, one for each row and in their order; `y` names it, or what it is `called` where it is.

    Of a name at most `most` pixels are shown.
    """
    named = called or y

    def of(rows: Any) -> Any:
        labels = _apart([str(row[named] or row[y]) for row in rows.values])
        keyed = [row | {"label": label} for row, label in zip(rows.values, labels, strict=True)]
        axis = alt.Axis(labelLimit=most, labelOverlap=False)
        return (
            alt.Chart(data(keyed))
            .mark_bar()
            .encode(
                x=alt.X(f"{x}:Q", title=x_title),
                y=alt.Y("label:N", title=None, sort=None, axis=axis),
                tooltip=[f"{named}:N", alt.Tooltip(f"{x}:Q", format=",.4~f")],
            )
        )

    return of


def _apart(names: list[str]) -> list[str]:
    """These, with what takes no room before each: more before namesakes, so that each has a bar of its own.

    So none is `__proto__` either, which Vega cannot take for a name.
    """
    seen: Counter[str] = Counter()
    labels = []
    for name in names:
        seen[name] += 1
        labels.append(f"{NO_ROOM * seen[name]}{name}")
    return labels


def columns(x: str, y: str, *, x_title: str, y_title: str, always: Sequence[float] = ()) -> Draw:
    """Bars that stand, by a number; or by each value that is `always` there, and what rows have besides."""

    def of(rows: Any) -> Any:
        if always:
            kind, axis = "O", alt.Axis(labelAngle=0)
            scale = alt.Scale(domain=sorted({*always, *(row[x] for row in rows.values)}))
        else:
            kind, axis = "Q", alt.Axis(labelOverlap=True, labelAngle=0, format="d")
            scale = alt.Scale(zero=False, nice=False, padding=8)
        return (
            alt.Chart(rows)
            .mark_bar()
            .encode(
                x=alt.X(f"{x}:{kind}", title=x_title, axis=axis, scale=scale),
                y=alt.Y(f"{y}:Q", title=y_title, axis=alt.Axis(tickMinStep=1)),
                tooltip=[f"{x}:{kind}", alt.Tooltip(f"{y}:Q", format=",")],
            )
        )

    return of


def in_utc(time: str, **more: Any) -> Any:
    """A column of moments along the horizontal axis, in UTC as everywhere; `more` as Altair has it."""
    return alt.X(f"{time}:T", title=None, scale=alt.Scale(type="utc"), **more)


def told_in_utc(time: str, written: str) -> Any:
    """The same in a tooltip."""
    return alt.Tooltip(f"utcyearmonthdatehoursminutes({time}):T", title=time, format=written)


RATINGS = columns(
    "rating", "ratings", x_title="Stars", y_title="Ratings", always=[half / 2 for half in range(1, 11)]
)
"""How often each number of stars was given, also of those that nobody gave."""


def over_time(time: str, values: list[str], *, y_title: str) -> Draw:
    """A line for each of these columns."""

    def of(rows: Any) -> Any:
        return (
            alt.Chart(rows)
            .transform_fold([*values], as_=["of", "count"])
            .mark_line(interpolate="monotone")
            .encode(
                x=in_utc(time, axis=alt.Axis(format=_CLOCK)),
                y=alt.Y("count:Q", title=y_title),
                color=alt.Color("of:N", title=None, sort=values, legend=alt.Legend(orient="top")),
                tooltip=[
                    told_in_utc(time, "%Y-%m-%d %H:%M"),
                    "of:N",
                    "count:Q",
                ],
            )
        )

    return of
