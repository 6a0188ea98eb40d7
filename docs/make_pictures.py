"""Draw docs/demo.svg from a real run of the demo, after one `make demo`; with `cluster`, docs/cluster.svg."""

import sys
from pathlib import Path

from deploy.demo.__main__ import PATHS
from deploy.demo.way import Teller, tell_story, way
from deploy.local.servers import HOME
from matinee.app import open_matinee
from matinee.cli import demo
from matinee.cli.show import console
from matinee.demo import PERSON, free_port, running

WIDTH = 110


def laptop() -> None:
    """Tell the story against a running demo home."""
    with open_matinee() as app:
        settings = app.settings.with_(port=free_port(app.settings.host, app.settings.port))
    with running(settings) as (url, _):
        demo.tell(url)


def cluster() -> None:
    """Go the whole way on servers of this machine."""
    teller = Teller(console)
    with way(teller, HOME, "free", PATHS) as made:
        tell_story(teller, made, PERSON)


def main() -> None:
    """Keep what the terminal showed of one of them."""
    tell, name, title = (
        (cluster, "cluster.svg", "make demo-cluster")
        if "cluster" in sys.argv
        else (laptop, "demo.svg", "make demo")
    )
    console.record, console.width = True, WIDTH
    tell()
    console.save_svg(str(Path(__file__).with_name(name)), title=title)


main()
