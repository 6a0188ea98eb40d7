"""What every page has around it: a heading, and plain words where there is no answer."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from html import escape

import streamlit as st

from matinee.ui.api import Json, NoAnswerError, RefusedError, SlowError

_LOOK = 2.0
"""Seconds between two looks at whether what was not answered is answered again."""
_JOINED = re.compile(r"(?<=[:@])(?=\S)|(?<=www)(?=\.)|(?<=\w)(?=@)|(?<=[<>=~-])(?=[<>=~-])", re.IGNORECASE)
NO_ROOM = "\u2060"
"""A letter that takes none. What it stands in is no link, emoji, icon or arrow to Streamlit, which looks for
them in text that is escaped too."""


def heading(title: str, said: str = "") -> None:
    """The one heading of the page, and a sentence under it."""
    st.title(title, anchor=False)
    if said:
        st.markdown(said)


def plain(text: str) -> str:
    """`text` in one line, with what Markdown and Streamlit would read as their own taken literally."""
    apart = _JOINED.sub(NO_ROOM, " ".join(text.split()))
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]()#+-.!|<>~$:&" else letter for letter in apart)


def tell(markdown: str) -> None:
    """Say what an act did; it stays in sight wherever on the page one acted."""
    with st.container(key="told"):
        st.markdown(markdown)


def done(what: str) -> None:
    """Say that something was done, where no list shows what it changed."""
    tell(f":primary[**Done**] — {plain(what)}.")


def faint(text: str) -> None:
    """A line that matters less."""
    st.markdown(f":small[:gray[{plain(text)}]]")


def figures(row: list[tuple[str, str]]) -> None:
    """Figures by their names, side by side. Streamlit's metrics are there later: they wait for charts."""
    told = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>" for name, value in row)
    st.html(f'<dl class="figures">{told}</dl>')


def strengths(row: Sequence[tuple[str, float]], least: float, most: float) -> None:
    """Figures by their names, each with a bar from 0 to it on a line from `least` to `most`, which has 0.

    A chart is there later, and of few rows it has no room for their names.
    """
    told = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{value:z.2f}</dd>{_bar(value, least, most)}</div>"
        for name, value in row
    )
    st.html(f'<dl class="strengths">{told}</dl>')


def _bar(value: float, least: float, most: float) -> str:
    zero, end = (100 * (each - least) / (most - least) for each in (0.0, value))
    bar = f'<span style="margin-left: {min(zero, end):.1f}%; width: {abs(end - zero):.1f}%"></span>'
    return f'<dd aria-hidden="true" style="--zero: {zero:.1f}%">{bar}</dd>'


def table(rows: Sequence[Json]) -> None:
    """Rows under their names; none where there are none. Streamlit's own comes later: it waits for Arrow."""
    if rows:
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in rows[0])
        body = _rows(row.values() for row in rows)
        st.html(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>")


def properties(told: Mapping[str, str]) -> None:
    """Facts by their names, one under the other."""
    st.html(f"<table><tbody>{_rows(told.items())}</tbody></table>")


def _rows(rows: Iterable[Iterable[object]]) -> str:
    """Each with its first cell as its name."""
    told = ([escape("" if cell is None else str(cell)) for cell in row] for row in rows)
    return "".join(
        f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'
        for name, *cells in told
    )


def later(seconds: float, act: Callable[[], None]) -> None:
    """Do this again and again while the page stays as it is, for the first time in so many seconds."""
    at_once = iter([True])

    def again() -> None:
        if not next(at_once, False):
            act()

    st.fragment(again, run_every=seconds)()


def no_answer(error: NoAnswerError, *, asked_again: bool = False) -> None:
    """Say why there is none, with a button to try again; the page comes back by itself where it says so.

    Only what was not answered is asked again meanwhile, so that nothing on the page moves; and not from here
    where it is `asked_again` by a part of a page that refreshes by itself.
    """
    if isinstance(error, RefusedError):
        st.info(plain(str(error)), icon=":material/info:")
        return
    again = None if isinstance(error, SlowError) else error.again
    comes_back = " The page comes back by itself." if again or asked_again else ""
    st.warning(plain(f"{error}{comes_back}"), icon=":material/cloud_off:")
    st.button("Try again", icon=":material/refresh:", type="primary")
    if again and not asked_again:
        later(_LOOK, partial(_come_back, again))


def _come_back(ask: Callable[[], object]) -> None:
    try:
        ask()
    except (RefusedError, SlowError):
        pass  # the page says so, and then asks no more
    except NoAnswerError:
        return
    st.rerun()
