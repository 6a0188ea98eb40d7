"""The jars by which Spark reads Kafka, fetched once by Maven: what `spark.pom.xml` beside this file names."""

import hashlib
import shutil
import subprocess
import tempfile
from pathlib import Path

from matinee.errors import MissingExtraError

POM = Path(__file__).with_name("spark.pom.xml")


def jars(folder: Path, pom: Path = POM) -> list[Path]:
    """The jars that `pom` names, in a folder within `folder` that is of this list; fetched if it is missing.

    Safe for processes at once. Raises MissingExtraError, saying what to do, when they cannot be had.
    """
    place = place_of(folder, pom)
    if not place.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix="fetching-") as made:
            _fetch(pom, Path(made) / "jars")
            try:
                (Path(made) / "jars").replace(place)
            except OSError:
                if not place.is_dir():  # else another process was first, with the same jars
                    raise
    return sorted(place.glob("*.jar"))


def place_of(folder: Path, pom: Path = POM) -> Path:
    """Where the jars that `pom` names are, or are going to be."""
    return folder / hashlib.sha256(pom.read_bytes()).hexdigest()[:12]


def _fetch(pom: Path, place: Path) -> None:
    maven = shutil.which("mvn")
    if not maven:
        raise MissingExtraError(
            "Maven is missing, which fetches the jars that let Spark read Kafka: apt-get install maven, or "
            f"copy {place.parent.parent} from where it is installed (MATINEE_JARS)"
        )
    fetch = [maven, "-B", "-ntp", "-q", "-f", str(pom), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*fetch, f"-DoutputDirectory={place}", "-DincludeScope=runtime"],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        told = " ".join((done.stdout + done.stderr).split())[-500:]
        raise MissingExtraError(f"Maven could not fetch what {pom} names: {told}; is there a network?")
