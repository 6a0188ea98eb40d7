"""The way in: pages for people that work without a network, JSON for programs."""

import re

import pytest

import matinee
from tests.support import HTTP


def test_programs_get_json_that_names_where_everything_is(api):
    answer = HTTP.get(f"{api}/")
    assert answer.status_code == 200
    assert answer.headers["vary"] == "Accept"
    told = answer.json()
    assert (told["name"], told["version"], told["api"]) == ("Matinee", matinee.__version__, "/v1")
    for name in ("docs", "openapi", "health", "metrics"):
        assert HTTP.get(api + told[name]).status_code == 200, name


@pytest.mark.parametrize("page", ["/", "/docs"])
def test_pages_refer_to_no_other_host_and_what_they_refer_to_is_there(api, page):
    answer = HTTP.get(api + page, headers={"Accept": "text/html,*/*"})
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert not re.search(r"//\w", answer.text)
    referred = re.findall(r"""(?:href|src)=["']([^"']+)["']|url: ['"]([^'"]+)['"]""", answer.text)
    paths = ["".join(each) for each in referred]
    own = [path for path in paths if path != "data:,"]
    assert len(own) >= 4
    for path in own:
        assert HTTP.get(api + path).status_code == 200, path


def test_the_style_of_the_docs_refers_to_no_other_host(api):
    style = HTTP.get(f"{api}/docs-assets/swagger-ui.css").text
    assert not re.findall(r"@import|url\((?!['\"]?data:)[^)]*\)", style)
