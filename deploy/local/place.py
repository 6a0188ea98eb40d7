"""Where a server lives and listens: its folder in a home, and its ports, which stay until it is cleaned."""

import json
import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from string import Template
from typing import Literal
from xml.sax.saxutils import escape

from deploy.local.errors import ServerError

HOST = "127.0.0.1"
ROOT = Path(__file__).parents[2]
HOME = ROOT / ".servers"

Ports = int | Literal["free"] | None
"""The first of a row of ports, ports that nobody uses, or the usual ones."""


@dataclass(frozen=True)
class Place:
    """The folder of server `name` in `home`. `ports` says each port by its use."""

    home: Path
    name: str

    @property
    def folder(self) -> Path:
        """Everything of the server: deleting it deletes the server's data."""
        return self.home / self.name

    @property
    def data(self) -> Path:
        """What the server keeps."""
        return self.folder / "data"

    @property
    def conf(self) -> Path:
        """The configuration as this server reads it, with its ports and folders."""
        return self.folder / "conf"

    @property
    def source(self) -> Path:
        """The configuration in the repository."""
        return Path(__file__).parent / self.name

    @property
    def is_made(self) -> bool:
        """Whether the server was ever started here."""
        return self._ports_file.exists()

    @cached_property
    def ports(self) -> dict[str, int]:
        """The ports that were chosen at the first start; none before."""
        return json.loads(self._ports_file.read_text()) if self.is_made else {}

    @property
    def _ports_file(self) -> Path:
        return self.folder / "ports.json"

    def other(self, name: str) -> "Place":
        """The place of another server of the same home."""
        return Place(self.home, name)

    def choose_ports(self, usual: Mapping[str, int], first: int | None, *, free: bool = False) -> None:
        """Settle the ports, once: those that stand stay, and it is an error to ask for others."""
        wanted = dict(usual) if first is None else {use: first + i for i, use in enumerate(usual)}
        if not self.is_made:
            chosen = {use: free_port() for use in usual} if free else wanted
            self.folder.mkdir(parents=True, exist_ok=True)
            part = self._ports_file.with_suffix(".part")
            part.write_text(json.dumps(chosen))
            part.replace(self._ports_file)
            self.__dict__.pop("ports", None)
        elif first is not None and self.ports != wanted:
            raise ServerError(
                f"{self.name} in {self.home} has the ports {self.ports}, not {wanted}; "
                f"clean it first, or use another --home"
            )

    def render(self, file: Path, **values: object) -> Path:
        """Copy a configuration file of the repository, with `values` for its `$names`."""
        self.conf.mkdir(parents=True, exist_ok=True)
        rendered = self.conf / file.name
        safe = escape if file.suffix == ".xml" else str
        named = {name: safe(str(value)) for name, value in values.items()}
        rendered.write_text(Template(file.read_text()).substitute(named))
        return rendered


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of this machine's own address."""
    with socket.socket() as probe:
        # As servers do: what a killed one left in TIME_WAIT does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port that nothing listens on, and that no outgoing connection is given while its server is down."""
    # Systems give outgoing connections ports from 32768 on: one from there could be gone after a kill,
    # or a client that tries again and again could even connect to itself.
    while not is_free(port := random.randint(15_000, 32_000)):
        pass
    return port
