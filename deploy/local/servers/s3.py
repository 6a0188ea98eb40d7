"""An S3 gateway, versitygw: the S3 API over a folder, with conditional put."""

from collections.abc import Sequence
from typing import ClassVar

from pyarrow import fs

from deploy.local import cache
from deploy.local.place import HOST, Place
from deploy.local.servers.base import Server

MODULE = "github.com/versity/versitygw/cmd/versitygw@v1.8.0"
BUCKET = "matinee"
REGION = "us-east-1"


class S3(Server):
    """Ready when a signed request lists its bucket `matinee`, which is made when it is missing."""

    name = "s3"
    ports: ClassVar = {"http": 7070}
    processes = ("gateway",)

    def configure(self, place: Place) -> None:
        """Write `gateway.env`."""
        place.render(place.source / "gateway.env", **place.ports)

    def format(self, place: Place) -> None:
        """Make the two folders."""
        for name in ("buckets", "meta"):
            (place.data / name).mkdir()

    def commands(self, place: Place) -> dict[str, Sequence[str]]:
        """The gateway; what S3 knows of an object besides its bytes is kept beside, on any file system."""
        program = cache.program("versitygw", MODULE)
        folders = ("--sidecar", str(place.data / "meta"), str(place.data / "buckets"))
        return {"gateway": [str(program), "posix", *folders]}

    def is_ready(self, place: Place) -> bool:
        """List the buckets."""
        settings = _settings(place)
        client = fs.S3FileSystem(
            access_key=settings["ROOT_ACCESS_KEY"],
            secret_key=settings["ROOT_SECRET_KEY"],
            region=REGION,
            scheme="http",
            endpoint_override=f"{HOST}:{place.ports['http']}",
            allow_bucket_creation=True,
            retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=1),
        )
        client.create_dir(BUCKET)
        return BUCKET in [found.path for found in client.get_file_info(fs.FileSelector(""))]

    def address(self, place: Place) -> str:
        """The endpoint."""
        return f"http://{HOST}:{place.ports['http']}"

    def environment(self, place: Place) -> dict[str, str]:
        """As every S3 client reads them, and as Delta's does besides."""
        settings = _settings(place)
        return {
            "AWS_ENDPOINT_URL": self.address(place),
            "AWS_ACCESS_KEY_ID": settings["ROOT_ACCESS_KEY"],
            "AWS_SECRET_ACCESS_KEY": settings["ROOT_SECRET_KEY"],
            "AWS_REGION": REGION,
            "AWS_ALLOW_HTTP": "true",
            "AWS_CONDITIONAL_PUT": "etag",
        }

    def process_environment(self, place: Place) -> dict[str, str]:
        """What `gateway.env` says."""
        return _settings(place)


def _settings(place: Place) -> dict[str, str]:
    lines = (place.conf / "gateway.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
