"""Options by name: those of parts too, and where they are searched."""

import importlib
import inspect
import json
from typing import get_type_hints

import pytest

from matinee.evaluation.contenders import RATERS
from matinee.models.options import changed, of_type, ranges, values, with_value
from matinee.models.sequence import SequenceOptions
from matinee.training.contender import WITH_BLEND


def options_of(name):
    module, _, function = {**WITH_BLEND, **RATERS}[name].partition(":")
    make = getattr(importlib.import_module(module), function)
    return get_type_hints(make)[list(inspect.signature(make).parameters)[2]]()


@pytest.mark.parametrize("name", WITH_BLEND)
def test_every_default_lies_in_the_range_that_is_searched(name):
    default = values(options_of(name))
    for option, (low, high, log) in ranges(options_of(name)).items():
        assert low <= default[option] <= high, option
        assert low < high
        assert low > 0 or not log
        if isinstance(default[option], int):
            assert (low, high) == (int(low), int(high)), option


def test_what_is_searched_of_a_sequential_model_are_its_contexts_too():
    found = ranges(SequenceOptions())
    assert {"tau", "dropout", "contexts.0.keep", "contexts.3.ridge"} <= found.keys()
    assert not {"max_rows", "ridge"} & found.keys()


@pytest.mark.parametrize("name", WITH_BLEND)
def test_one_value_is_changed_and_nothing_else(name):
    default = options_of(name)
    for option, (low, high, _) in ranges(default).items():
        kind = type(values(default)[option])
        for value in (kind(low), kind(high)):
            options = with_value(default, option, value)
            expected = {option: value} if value != values(default)[option] else {}
            assert changed(options, default) == expected
            assert with_value(options, option, values(default)[option]) == default


@pytest.mark.parametrize("name", [*WITH_BLEND, *RATERS])
def test_what_an_option_cannot_be_is_told(name):
    default = options_of(name)
    for option, value in values(default).items():
        assert with_value(default, option, value) == default
        with pytest.raises(ValueError, match=r"wanted is (0|1)"):
            with_value(default, option, -1)


@pytest.mark.parametrize(
    ("name", "option", "value", "words"),
    [
        ("cosine", "neighbours", 0, "1 or more"),
        ("sequence", "contexts.0.keep", 1.5, "0 to 1"),
        ("sequence", "tau", 0.0, "0.001 or more"),
        ("sequence", "max_rows", 0, "1 or more"),
        ("ials", "factors", 0, "1 to 4096"),
        ("edlae", "dropout", 1.0, "0 to 0.99"),
    ],
)
def test_what_makes_no_model_cannot_be(name, option, value, words):
    with pytest.raises(ValueError, match=words):
        with_value(options_of(name), option, value)


def test_values_are_told_as_json_and_back():
    for name in WITH_BLEND:
        for value in values(options_of(name)).values():
            assert of_type(json.loads(json.dumps(value)), value) == value


@pytest.mark.parametrize(
    ("value", "like", "words"),
    [("2", 1.0, "a number"), (1.5, 1, "a whole number"), (1, True, "true or false"), (True, 1, "whole")],
)
def test_what_is_of_another_type_is_told(value, like, words):
    with pytest.raises(ValueError, match=words):
        of_type(value, like)
