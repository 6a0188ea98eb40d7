"""No password is ever told, wherever in a URL it stands and whatever is in it."""

from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from matinee.app import open_matinee
from matinee.doctor import examine
from matinee.errors import MissingExtraError, SettingError
from matinee.files import open_files
from matinee.log.partitions import KafkaPlace
from matinee.urls import Adapter, load_adapter, mask

passwords = st.text(st.characters(codec="utf-8") | st.sampled_from("#/?@:&=%[]\u2100"), min_size=1)
secret_settings = st.sampled_from(
    [
        "sasl.password",
        "sasl.oauthbearer.config",
        "sasl.oauthbearer.client.secret",
        "ssl.key.pem",
        "ssl.key.password",
        "ssl.keystore.password",
        "password",
        "a.setting.of.tomorrow",
    ]
)


def servers_or_error(url: str) -> str:
    try:
        return KafkaPlace.of(url).servers
    except SettingError as error:
        return str(error)


@given(passwords)
@example("pa#ss")
@example("pa/ss")
@example("12/ss")
@example("pa?ss=1")
@example("p@ss")
@example("p\u2100ss")
@example("[ss")
def test_a_password_of_any_letters_is_never_told(password: str):
    for told in (password, quote(password, safe="")):
        url = f"kafka://me:{told}@host:9092/shop?days=7"
        assert mask(url) in {"kafka://me:***@host:9092/shop?days=7", "kafka://***"}
        assert mask(f"me:{told}@host/base") in {"me:***@host/base", "***"}
        refused = servers_or_error("kafka://#").replace("kafka://***", mask(url))
        assert servers_or_error(url) in {"host:9092", refused}
    assert mask(url).startswith("kafka://me:***@")
    assert KafkaPlace.of(url).client["sasl.password"] == password


@given(secret_settings, passwords.filter(lambda password: "&" not in password))
def test_what_a_query_says_to_a_driver_is_never_told(setting: str, password: str):
    for told in (password, quote(password, safe="")):
        url = f"kafka://host:9092/shop?days=7&{setting}={told}&gaps=accept"
        assert mask(url) in {"kafka://host:9092/shop?days=7&***&gaps=accept", "kafka://***"}
    assert mask(url) != "kafka://***"
    assert KafkaPlace.of(url).client == {setting: password}


@pytest.mark.parametrize(
    "url",
    ["kafka://a:1,b:2/x", "kafka://me@a:1", "file:///home/a@b/lake", "/data/lake", "s3://bucket/a", "", "x?"],
)
def test_what_is_no_secret_is_told(url: str):
    assert mask(url) == url


@pytest.mark.parametrize("url", ["s3://key:mine@bucket/lake", "s3://key:mi/ne@bucket/lake", "s3s://k:mine@b"])
def test_errors_of_places_tell_no_password(url: str):
    with pytest.raises(SettingError) as error:
        open_files(url)
    assert "ne@" not in str(error.value)


def test_a_driver_that_is_missing_is_told_without_the_password():
    schemes = {"kafka": Adapter("matinee.nowhere:Log", "kafka")}
    with pytest.raises(MissingExtraError, match=r"kafka://me:\*\*\*@host"):
        load_adapter("kafka://me:mine@host", schemes, "log")


def test_the_doctor_tells_no_password(tmp_path: Path):
    with open_matinee(tmp_path, log="kafka://me:mine@127.0.0.1:1") as matinee:
        found = {finding.check: finding.found for finding in examine(matinee)}
    assert found["log"].startswith("log kafka://me:***@127.0.0.1:1 cannot be asked")
    assert "mine@" not in found["log"]
