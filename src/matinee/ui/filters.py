"""The filters that several pages have."""

import streamlit as st

from matinee.ui.api import Json, NoAnswerError, api
from matinee.ui.charts import ALL


@st.cache_data(ttl=60, show_spinner=False)
def _chart(name: str) -> list[Json]:
    return list(api().get("insights", name, k=ALL)["rows"])


def _rows(name: str) -> list[Json]:
    """Of a chart; none while the API does not say, which is not kept."""
    try:
        return _chart(name)
    except NoAnswerError:
        return []


def genre_choice() -> str | None:
    """A genre, or all."""
    genres = [row["genre"] for row in _rows("genres")]
    chosen: str | None = st.selectbox(
        "Genre", genres, index=None, placeholder="All genres", key="genre", bind="query-params"
    )
    return chosen


def language_choice() -> str | None:
    """A language, or all."""
    names = _language_names()
    chosen: str | None = st.selectbox(
        "Language",
        list(names),
        index=None,
        placeholder="All languages",
        format_func=lambda language: names.get(language, language),
        key="language",
        bind="query-params",
    )
    return chosen


def language_name(language: str) -> str:
    """What it is called, where some movie is in it."""
    return _language_names().get(language, language)


def _language_names() -> dict[str, str]:
    return {row["language"]: row["name"] for row in _rows("languages")}


def year_choice() -> str | None:
    """Years of release as the API takes them, or all."""
    years = [row["year"] for row in _rows("movies-by-release-date")]
    if len(set(years)) < 2:
        return None
    ends = min(years), max(years)
    # An address may name them the other way round.
    since, until = sorted(st.slider("Year of release", *ends, ends, key="years", bind="query-params"))
    return None if (since, until) == ends else f"{since}-{until}"
