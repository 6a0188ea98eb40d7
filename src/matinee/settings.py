"""Every setting, read once at start-up: argument, then environment, then file, then default."""

import tomllib
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from matinee.errors import SettingError, shown

FILE_NAME = "matinee.toml"


class Settings(BaseSettings):
    """The settings of one Matinee, each also read from `MATINEE_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="MATINEE_", frozen=True, extra="forbid")

    home: Path = Path("~/.local/share/matinee")
    """The folder that holds everything embedded; deleting it deletes everything."""
    log: str = ""
    """Where the log is: `sqlite:///PATH`; by default `log.db` in the home."""
    lake: str = ""
    """Where the lake is: `file:///PATH`, `hdfs://…`, `s3://…`; by default `lake` in the home."""
    models: str = ""
    """Where published models are: `file:///PATH`, `hdfs://…`, `s3://…`; by default `models` in the home."""
    catalogue: str = ""
    """Where the catalogue of movies is: `sqlite:///PATH`; by default `catalogue.db` in the home."""
    recommendations: str = ""
    """Where the Top-N lists are stored: `sqlite:///PATH`; by default `recommendations.db` in the home."""
    spark_master: str = Field("local[*]", pattern=r"^(local(\[.+\])?|spark://.+|yarn)$")
    """Where Spark is, for what is done with `--engine spark`: `local[*]`, `spark://HOST:PORT` or `yarn`."""
    jars: Path = Path("~/.cache/matinee/jars")
    """The folder in which jars for Spark are kept, fetched when they are first needed."""
    interactions: str = "duckdb://"
    """What answers analytics: `duckdb://` reads the lake."""
    host: str = "127.0.0.1"
    """The address that the API listens on."""
    port: int = Field(8000, ge=1, le=65535)
    """The port that the API listens on."""
    workers: int = Field(1, ge=1, le=64)
    """How many API processes share the port."""
    ui_port: int = Field(8501, ge=1, le=65535)
    """The port that the web page listens on, at the address of `host`."""
    api: str = ""
    """Where the web page finds the API: `http://HOST:PORT`; by default at `host` and `port`."""
    posters: str = ""
    """A folder of posters for the web page, each named after its movie, `1.jpg`; by default none."""
    tmdb_posters: bool = True
    """Whether browsers that are online may get from TMDB the posters that the folder does not have."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """The least severe log line that is written."""
    warm_mb: int = Field(1_000, ge=1)
    """How many MB of users' model states each API process keeps; others are rebuilt when asked for."""
    judge_share: float = Field(0.02, ge=0, le=0.5)
    """The share of each API process's time for judging recommendations by what happens next; 0 is none."""
    variety: float = Field(0.1, ge=0, le=1)
    """How much a list avoids to repeat itself, from 0, the order of the scores, to 1; a request may say."""
    exploration: float = Field(0.02, ge=0, le=0.1)
    """The share of lists' places for movies that few have met: at most one of every ten; 0 for none."""
    micro_batch: int = Field(50_000, ge=1, le=1_000_000)
    """The most events that the stream commits to the lake at once."""
    micro_batch_seconds: float = Field(1.0, ge=0.05, le=3600)
    """How long the stream gathers events, when there are few, before it commits them."""
    stream_port: int = Field(0, ge=0, le=65535)
    """The port at which the stream says its metrics, on the address of `host`; 0 for none."""
    train_every: float = Field(86_400.0, ge=10)
    """Seconds between scheduled trainings inside `matinee up`."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Argument, then environment, then `matinee.toml` in the home."""
        given = env_settings() | init_settings()
        home = Path(given.get("home") or cls.model_fields["home"].default).expanduser()
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, home / FILE_NAME)

    def model_post_init(self, _context: Any) -> None:
        """Fill in the URLs that follow from the home."""
        home = self.home.expanduser().absolute()
        defaults = {
            "home": home,
            "log": f"sqlite://{home}/log.db",
            "lake": f"file://{home}/lake",
            "models": f"file://{home}/models",
            "catalogue": f"sqlite://{home}/catalogue.db",
            "recommendations": f"sqlite://{home}/recommendations.db",
        }
        for name, value in defaults.items():
            if name == "home" or not getattr(self, name):
                self.__dict__[name] = value

    def with_(self, **changes: Any) -> "Settings":
        """These settings with some changed; None counts as not given. Raises like `load_settings`."""
        given = {name: value for name, value in changes.items() if value is not None}
        return load_settings(**(self.model_dump() | given))

    def environment(self) -> dict[str, str]:
        """The environment variables that give another process these settings."""
        return {f"MATINEE_{name.upper()}": str(value) for name, value in self.model_dump().items()}

    @property
    def api_url(self) -> str:
        """Where the web page finds the API."""
        return self.api or self.own_url

    @property
    def own_url(self) -> str:
        """Where a process of this machine reaches the API that is served here."""
        host = self.host
        with suppress(ValueError):  # it is a name
            host = "localhost" if ip_address(host).is_unspecified else host
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"

    @property
    def metrics(self) -> Path:
        """The folder in which API processes share what they count; emptied at the start of a service."""
        return self.home / "run" / "metrics"

    @property
    def cache(self) -> Path:
        """The folder of what is fetched from other machines; it may be deleted at any time."""
        return self.home / "cache"

    @property
    def tuned(self) -> Path:
        """The settings that tuning found, for training."""
        return self.home / "tuned.json"


def load_settings(**arguments: Any) -> Settings:
    """The settings of this process; `arguments` win over the environment, `None` counts as not given.

    Raises SettingError naming the setting, its value and the rule it breaks.
    """
    try:
        return Settings(**{name: value for name, value in arguments.items() if value is not None})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(f"{FILE_NAME} in the home cannot be read: {error}; mend or remove it") from error
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise SettingError(
            f"setting {name}: {first['msg']}, got {shown(first.get('input'))}; "
            f"set MATINEE_{name.upper()} or {name} in {FILE_NAME}"
        ) from error
