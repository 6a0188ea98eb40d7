"""Draw docs/demo.svg from a real run of the demo, after one `make demo`."""

from pathlib import Path

from matinee.app import open_matinee
from matinee.cli import demo
from matinee.cli.show import console
from matinee.demo import free_port, running

WIDTH = 110


def main() -> None:
    """Tell the story against a running demo home, and keep what the terminal showed."""
    with open_matinee() as app:
        settings = app.settings.with_(port=free_port(app.settings.host, app.settings.port))
    console.record, console.width = True, WIDTH
    with running(settings) as url:
        demo.tell(url)
    console.save_svg(str(Path(__file__).with_name("demo.svg")), title="make demo")


main()
