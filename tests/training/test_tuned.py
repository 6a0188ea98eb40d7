"""The file by which settings that were found reach training."""

from dataclasses import replace

import msgspec
import pytest

from matinee.errors import SettingError
from matinee.models.autoencoder import AutoencoderOptions
from matinee.models.content import ContentOptions
from matinee.models.ials import IalsOptions
from matinee.models.mllib import MllibOptions
from matinee.models.popular import PopularOptions
from matinee.models.sequence import SequenceOptions
from matinee.training.trainer import TrainOptions
from matinee.training.tuned import Found, differing, part_of, read_tuned, with_tuned, write_tuned

SETTINGS = {"tau": 2.5, "contexts.0.fade": 0.9, "lent": 0.3}


def test_what_is_written_is_what_training_gets(tmp_path):
    file = tmp_path / "home" / "tuned.json"
    write_tuned(file, {"sequence": Found(SETTINGS, {"protocol": "live"}), "content": Found({"decay": 1})})
    options = with_tuned(TrainOptions(k=5), read_tuned(file))
    assert differing(options) == {"sequence": SETTINGS, "content": {"decay": 1.0}}
    assert options.sequence.contexts[0].fade == 0.9
    assert options == replace(TrainOptions(k=5), sequence=options.sequence, content=ContentOptions(decay=1.0))
    assert [path.name for path in file.parent.iterdir()] == ["tuned.json"]


def test_what_is_told_is_of_the_engine_that_fits(tmp_path):
    found = {"ials": Found({"alpha": 3.0}), "spark_als": Found({"alpha": 4.0})}
    local, spark = (with_tuned(TrainOptions(engine=engine), found) for engine in ("local", "spark"))
    assert differing(local) == {"ials": {"alpha": 3.0}}
    assert differing(spark) == {"spark_als": {"alpha": 4.0}}


def test_no_file_is_the_defaults_and_nothing_found_is_no_file(tmp_path):
    file = tmp_path / "tuned.json"
    assert with_tuned(TrainOptions(), read_tuned(file)) == TrainOptions()
    write_tuned(file, {"content": Found({"decay": 0.5})})
    write_tuned(file, {})
    assert not file.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "tuned.json cannot be read"),
        ("[]", "tuned.json cannot be read"),
        ('{"content": {"setings": {}}}', "setings"),
        (
            '{"sequense": {"settings": {}}}',
            "no part of the blend is called 'sequense'; did you mean sequence",
        ),
        (
            '{"sequence": {"settings": {"tao": 1}}}',
            "no setting of sequence is called 'tao'; did you mean tau",
        ),
        ('{"sequence": {"settings": {"contexts.4.fade": 1}}}', "did you mean contexts.3.fade"),
        ('{"sequence": {"settings": {"dropout": 1}}}', "sequence.dropout is 1; wanted is 0.05 to 0.95"),
        ('{"sequence": {"settings": {"tau": "3"}}}', 'sequence.tau is "3"; wanted is a number'),
        ('{"ials": {"settings": {"factors": 8.5}}}', "ials.factors is 8.5; wanted is a whole number"),
        ('{"ials": {"settings": {"seed": 8}}}', "no setting of ials is called 'seed'"),
    ],
)
def test_a_file_that_cannot_be_is_told_with_what_to_do(tmp_path, text, words):
    file = tmp_path / "tuned.json"
    file.write_text(text)
    with pytest.raises(SettingError, match=f"(?s){words}.*; mend or remove the file"):
        read_tuned(file)


def test_the_parts_are_those_that_training_fits():
    made = {
        "popular": PopularOptions,
        "ials": IalsOptions,
        "sequence": SequenceOptions,
        "content": ContentOptions,
        "autoencoder": AutoencoderOptions,
        "spark_als": MllibOptions,
    }
    assert {part_of(options()): options for options in made.values()} == made
    assert part_of(msgspec.Struct) is None
