"""Models: the published ones side by side, and which of them is served."""

from datetime import datetime
from typing import Any

import streamlit as st

from matinee.ui.api import Json, NoAnswerError, api
from matinee.ui.frame import faint, heading, no_answer, plain, table
from matinee.ui.jobs import job, job_buttons

_EVERY = 1.0
_MOST = 4


def page() -> None:
    """The page."""
    heading("Models")
    trained = job("train")["ended"]
    found = api().get("models")
    models: list[Json] = found["models"]
    st.markdown(_said(found))
    train, back = st.columns([4, 1])
    with train:
        _training(trained)
    before = found["before"]
    if back.button(
        "Roll back",
        key="roll-back",  # the same button wherever it leads: a press on it counts while the page runs anew
        icon=":material/undo:",
        disabled=before is None,
        help=f"To {_named(before)}." if before else "No other model was served before.",
        width="stretch",
    ):
        _ask("models", "rollback")
    if not models:
        return
    versions = [each["version"] for each in models]
    chosen = st.pills(
        "Side by side", versions, selection_mode="multi", default=versions[:_MOST], format_func=_named
    )
    shown = [each for each in models if each["version"] in chosen]
    if shown:
        _cards(shown, found["serving"])
        _tables(shown)


def _said(found: Json) -> str:
    count = len(found["models"])
    if not count:
        return "None is published yet: everyone gets what is popular. Train one now."
    return f"{count} published; `{found['serving']}` is served."


@st.fragment(run_every=_EVERY)
def _training(known: str | None) -> None:
    """The job, and the page anew once one has ended since `known`, which the models on it are of."""
    try:
        training = job("train")
        job_buttons(
            training,
            start="Train now",
            about="The new model is served when it is done.",
            body=None,
        )
        if training["ended"] not in (None, known):
            st.rerun()
    except NoAnswerError as error:
        no_answer(error, asked_again=True)


def _cards(models: list[Json], serving: str) -> None:
    for column, model in zip(st.columns(len(models)), models, strict=True):
        with column, st.container(border=True):
            st.markdown(f"**{_named(model['version'])}**")
            faint(f"{model['kind']} · trained on version {model['lake_version']} of the lake")
            if model["version"] == serving:
                st.markdown(":primary[**Served now**]")
            elif st.button("Activate", key=f"activate-{model['version']}", width="stretch"):
                _ask("models", model["version"], "activate")


def _tables(models: list[Json]) -> None:
    for title, part in (("Figures", "figures"), ("Settings", "settings")):
        st.subheader(title, anchor=False)
        if part == "figures":
            faint("Measured on what each training held back: compare models of one version of the lake.")
        flat = [dict(_flat(model[part])) for model in models]
        names = list(dict.fromkeys(name for each in flat for name in each))
        rows = [
            {"Name": name}
            | {_named(m["version"]): _shown(each.get(name)) for m, each in zip(models, flat, strict=True)}
            for name in names
        ]
        if rows:
            table(rows)
        else:
            st.markdown("None.")


def _flat(tree: Any, path: str = "") -> list[tuple[str, Any]]:
    """The leaves of a tree, each with its path; a figure with its error is a leaf."""
    if isinstance(tree, list):
        tree = {str(place): each for place, each in enumerate(tree, 1)}
    if not isinstance(tree, dict):
        return [(path, tree)]
    if set(tree) == {"value", "error"}:
        return [(path, f"{tree['value']:.4f} ± {tree['error']:.4f}")]
    return [leaf for name, each in tree.items() for leaf in _flat(each, f"{path} {name}".strip())]


def _shown(value: Any) -> str:
    return "none" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)


def _named(version: str) -> str:
    """When it was made, and its digest."""
    moment, _, digest = version.partition("-")
    try:
        return f"{datetime.strptime(moment, '%Y%m%dT%H%M%SZ'):%-d %b %Y, %H:%M:%S} · {digest}"  # noqa: DTZ007 - it is in UTC
    except ValueError:
        return version


def _ask(*path: str) -> None:
    try:
        serves = api().post(*path)["serving"]
    except NoAnswerError as error:
        st.error(plain(str(error)))
        return
    st.toast(f"{serves} is served now.")
    st.rerun()
