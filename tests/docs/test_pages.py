"""The docs name every setting, verb, route, scheme and chart, and their links lead somewhere."""

import importlib
import inspect
import re
from dataclasses import fields
from typing import get_type_hints

import click
import pytest

from benchmarks.ablation import VARIANTS
from matinee import files, log
from matinee.cli.main import cli
from matinee.evaluation.contenders import RATERS
from matinee.evaluation.evaluate import PROTOCOLS
from matinee.events.types import Facts
from matinee.lake import place
from matinee.serve.api.api import create_api
from matinee.settings import Settings
from matinee.stores import catalogue, interactions, recommendations
from matinee.stores.interactions.base import CHARTS
from matinee.training.contender import WITH_BLEND
from tests import support

DOCS = support.ROOT / "docs"
PAGES = [support.ROOT / "README.md", *sorted(DOCS.glob("*.md"))]


def page(name: str) -> str:
    return (DOCS / f"{name}.md").read_text()


def verbs(command: click.Command, path: str = "matinee"):
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from verbs(inner, f"{path} {name}")


LEAVES = [(path, command) for path, command in verbs(cli) if not isinstance(command, click.Group)]


def test_every_setting_is_documented():
    for name, field in Settings.model_fields.items():
        row = re.search(rf"^\| `MATINEE_{name.upper()}` \| `?([^|`]*)`? \|", page("settings"), re.MULTILINE)
        assert row, name
        if isinstance(field.default, int | float) and not isinstance(field.default, bool):
            assert float(row[1]) == float(field.default), name


@pytest.mark.parametrize("path", [path for path, _ in LEAVES])
def test_every_verb_is_documented(path):
    assert f"`{path}" in page("cli")


@pytest.mark.parametrize(("path", "command"), [*verbs(cli)])
def test_every_verb_helps_and_its_help_ends_in_an_example(path, command):
    assert command.epilog.startswith(f"Example: {path}")
    assert command.help


@pytest.mark.parametrize(("path", "command"), LEAVES)
def test_every_verb_that_prints_results_can_print_json(path, command):
    tells_or_runs = {"matinee demo", "matinee serve", "matinee up", "matinee ui", "matinee bench"}
    assert ("--json" in {option for p in command.params for option in p.opts}) == (path not in tells_or_runs)


def test_every_route_is_documented():
    app = create_api(None, 0)  # type: ignore[arg-type]  # routes are added without touching what serves them
    for path, methods in app.openapi()["paths"].items():
        for method in methods:
            assert f"`{method.upper()} {path}" in page("api"), (method, path)


def test_every_room_is_on_the_map():
    rooms = page("architecture").split("## Rooms")[1].split("\n## ")[0]
    on_map = {
        name
        for row in re.findall(r"^\| (`.*?) \|", rooms, re.MULTILINE)
        for name in re.findall(r"`(.+?)`", row)
    }
    source = support.ROOT / "src/matinee"
    modules = {path.stem for path in source.glob("*.py") if not path.stem.startswith("__")}
    assert on_map == modules | {f"{path.parent.name}/" for path in source.glob("*/__init__.py")}


def test_every_file_that_the_map_names_is_there():
    recipes = page("architecture").split("## Where a change goes")[1].split("\n## ")[0]
    for name in re.findall(r"`([\w/.]+\.(?:py|md|toml))`", recipes):
        below = [path for room in ("src", "tests") for path in (support.ROOT / room).glob(f"**/{name}")]
        assert below or "NAME" in name or (support.ROOT / name).exists(), name


def test_every_scheme_and_chart_is_documented():
    for port in (log, files, catalogue, recommendations, interactions, place):
        for scheme in port.SCHEMES:
            assert f"`{scheme}://" in page("architecture")
    for chart in CHARTS:
        assert f"`{chart}`" in page("api")


def test_every_protocol_contender_and_figure_is_documented():
    for protocol in PROTOCOLS:
        assert f"`{protocol}`" in page("quality")
    for contender in (*WITH_BLEND, *RATERS):
        assert f"`{contender}`" in page("quality")
    for target in {*WITH_BLEND.values(), *RATERS.values()}:
        module, _, name = target.partition(":")
        make = getattr(importlib.import_module(module), name)
        for option in fields(get_type_hints(make)[list(inspect.signature(make).parameters)[2]]):
            assert f"`{option.name}`" in page("quality"), (name, option.name)
    for figure in ("coverage", "Gini", "novelty", "diversity", "popularity", "calibration"):
        assert f"`{figure}@10`" in page("quality")


def test_every_variant_of_the_sequential_model_has_its_figures():
    table = page("quality").split("### What each idea of `sequence` is worth")[1].split("\n### ")[0]
    rows = [line.split("|")[1].strip() for line in table.splitlines() if line.startswith("| ")]
    assert rows[1:] == list(VARIANTS)


def test_every_fact_is_documented():
    told = page("events").split("## Facts of a movie")[1].split("\n## ")[0]
    assert set(Facts.__struct_fields__) <= set(re.findall(r"`(\w+)`", told))


def test_links_between_pages_lead_somewhere():
    for path in PAGES:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", path.read_text()):
            assert (path.parent / target).exists(), (path.name, target)
