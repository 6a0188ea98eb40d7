"""The product with its lake and its models on another machine."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests import support


@pytest.mark.parametrize("place", ["hdfs_url", "s3_url"])
def test_from_upload_to_recommendation(
    place: str, sample: Path, tmp_path: Path, request: pytest.FixtureRequest
):
    url, home = request.getfixturevalue(place), tmp_path / "home"

    def told(*arguments: str) -> Any:
        return json.loads(support.run(home, *arguments, "--json", lake=url, models=f"{url}/models"))

    told("data", "layout")
    told("data", "upload", str(sample))
    told("data", "load")
    told("stream", "--once")
    version = told("train")["version"]
    (listed,) = told("models", "list")
    assert (listed["version"], listed["active"]) == (version, True)
    answer = told("recommend", "1", "-k", "5")
    assert len(answer) == 5
    assert {path.name for path in home.iterdir()} & {"lake", "models"} == set()
    assert [path.name for path in (home / "cache").glob("models/*/*")] == [version]
