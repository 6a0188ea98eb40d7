"""The usual Streamlit page over the same API: columns of text and buttons, as a tutorial has it."""

import os

import httpx
import streamlit as st

API = os.environ["USUAL_API"]
MOVIES, COLUMNS = 24, 6

st.set_page_config(layout="wide")
st.title("Movie recommendations")
user = st.text_input("User", st.query_params.get("user", "1"))
found = httpx.get(f"{API}/v1/users/{user}/recommendations", params={"k": MOVIES, "explain": True}).json()
columns = st.columns(COLUMNS)
for place, movie in enumerate(found["recommendations"]):
    with columns[place % COLUMNS]:
        st.markdown(f"**{movie['title']}** ({movie['year']})")
        st.caption(", ".join(movie["genres"]))
        st.caption(movie["why"])
        for kind in ("like", "dislike", "view"):
            if st.button(kind, key=f"{kind}-{movie['movie']}"):
                event = {"type": kind, "user": user, "movie": movie["movie"]}
                httpx.post(f"{API}/v1/events", json=event)
                st.rerun()
