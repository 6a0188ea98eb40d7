"""Who is watching: a session's own, kept in the address of the page so that it can be reloaded and shared."""

import secrets
from urllib.parse import urlencode

import streamlit as st

from matinee.ui.api import NoAnswerError, api
from matinee.ui.frame import plain

_KEY = "user"
_THEIRS = ("acts", "made", "since", "said", "failed", "lists", "page")
"""What a session keeps of whoever watches: of their acts, how their lists were, the page of their history."""
_LONGEST = 128
_RULE = f"A user has 1 to {_LONGEST} printable characters, not all of them spaces, and no slash."


def person() -> str:
    """The user of this session: as the address says, or someone new."""
    if _KEY not in st.session_state:
        named = st.query_params.get(_KEY, "")
        _become(named if _may_be(named) else _someone_new())
        if named and not _may_be(named):
            st.toast(f"The address names no possible user, so you are someone new. {_RULE}")
    user: str = st.session_state[_KEY]
    return user


def _may_be(user: str) -> bool:
    return len(user) <= _LONGEST and user.isprintable() and "/" not in user and bool(user.strip())


def _become(user: str) -> None:
    """Watch as `user` from here on; what was done as another is no longer undone from here."""
    if st.session_state.get(_KEY) != user:
        st.session_state[_KEY] = user
        for name in _THEIRS:
            st.session_state.pop(name, None)


def link(page: str, **query: str) -> str:
    """Where a page is for who is watching now."""
    return f"/{page}?{urlencode(query | {_KEY: person()})}"


def _someone_new() -> str:
    return f"guest-{secrets.token_hex(3)}"


@st.cache_data(ttl=60, show_spinner=False)
def _some_people() -> list[str]:
    """A few who are there: who says the best of what most have seen."""
    popular = api().get("popular", k=3)["recommendations"]
    fans = [api().get("movies", each["movie"], "audience", k=3)["audience"] for each in popular]
    return list(dict.fromkeys(fan["user"] for each in fans for fan in each))[:6]


def _people() -> list[str]:
    """Some to choose from; none while the API does not say, which is not kept."""
    try:
        return _some_people()
    except NoAnswerError:
        return []


def picker() -> None:
    """The choice of who is watching."""
    name = plain(person()[:24])
    key = f"who-{person()}"  # another for each: so it closes once someone is chosen
    with st.popover(name, icon=":material/person:", width="stretch", help="Who is watching?", key=key):
        st.markdown("**Who is watching?**")
        with st.form("who", border=False):
            typed = st.text_input("Any user", value=person(), max_chars=_LONGEST)
            if st.form_submit_button("Watch as this user", type="primary", width="stretch"):
                watch_as(typed.strip())
        if people := _people():
            picked = st.pills("Some who are here", people, format_func=plain, key=f"people-{person()}")
            if picked and picked != person():
                watch_as(picked)
        if st.button("Be someone new", icon=":material/person_add:", width="stretch"):
            watch_as(_someone_new())


def watch_as(user: str) -> None:
    """Begin anew as `user`, where there may be one."""
    if not _may_be(user):
        st.error(_RULE)
        return
    _become(user)
    st.query_params[_KEY] = user
    st.rerun()
