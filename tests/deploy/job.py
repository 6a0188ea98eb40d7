"""A job for a real cluster: `python job.py MASTER`. It prints how many rows its executors' Python made."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pyspark
from pyarrow import RecordBatch
from pyspark.sql import SparkSession

SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.executor.instances": "1",
    "spark.executor.memory": "512m",
    "spark.yarn.am.memory": "512m",
    "spark.yarn.jars": f"local:{Path(pyspark.__file__).parent}/jars/*",
}


def who(batches: Iterator[RecordBatch]) -> Iterator[RecordBatch]:
    """The Python that works, for every row."""
    for batch in batches:
        yield RecordBatch.from_pydict({"who": [sys.executable] * len(batch)})


def main(master: str) -> None:
    """Run it, where the environment says."""
    builder = SparkSession.builder.master(master).appName("deploy")
    for name, value in SETTINGS.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    rows = spark.range(10, numPartitions=2).mapInArrow(who, "who string").collect()
    print(sum(row.who == sys.executable for row in rows))
    spark.stop()


if __name__ == "__main__":
    main(sys.argv[1])
