"""What browsers are given before the page itself."""

import re

import httpx
import pytest

_BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
_CHARTS = {"ArrowVegaLiteChart", "embed"}


@pytest.mark.parametrize(
    ("path", "drawn"),
    [
        ("", {"Slider", "Selectbox"}),
        ("trending", {"ButtonGroup"}),
        ("people", {"Progress"}),
        ("history", {"NumberInput"}),
        ("insights", _CHARTS),
        ("monitor", _CHARTS),
    ],
)
def test_the_html_names_the_scripts_of_a_page_and_all_are_there(site: str, path: str, drawn: set[str]):
    with httpx.Client(base_url=site) as asked:
        html = asked.get(f"/{path}", headers=_BROWSER).text
        files = re.findall(r'(?:href|src)="\./(static/[^"]+)"', html)
        names = {file.split("/")[-1].split(".")[0] for file in files}
        assert {"BidiComponent", "Button", "Html"} | drawn <= names
        assert "BACKEND_BASE_URL" in html
        assert "function lead(" in html
        for file in files:
            answer = asked.get(f"/{file}")
            assert answer.status_code == 200, file
            assert "immutable" in answer.headers["cache-control"]


@pytest.mark.parametrize(
    ("path", "to"),
    [
        ("for-you", ""),
        ("for-you/", ""),
        ("people/", "people"),
        ("movie/1", "movie-1"),
        ("%", "-"),
        ("%ff/日", "--日"),
    ],
)
def test_an_address_that_streamlit_would_draw_nothing_at_leads_to_one_it_knows(site: str, path: str, to: str):
    with httpx.Client(base_url=site, headers=_BROWSER, follow_redirects=True) as asked:
        answer = asked.get(f"/{path}?user=a%20b")
        assert answer.status_code == 200
        assert answer.url == httpx.URL(f"{site}/{to}?user=a%20b")
        assert "function lead(" in answer.text


def test_what_is_no_page_and_no_script_is_left_to_streamlit(site: str):
    with httpx.Client(base_url=site, headers=_BROWSER) as asked:
        assert asked.get("/_stcore/health").text == "ok"
        assert asked.get("/favicon.png").headers["content-type"] == "image/png"
        for path in ("/static/js/nobody.js", "/static/%2e%2e/%2e%2e/__init__.py", "/posters/nobody.jpg"):
            assert "immutable" not in asked.get(path).headers.get("cache-control", "")
            assert "import " not in asked.get(path).text
