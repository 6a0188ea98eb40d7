"""Matinee: real-time movie recommendations, from one command to Kafka, Spark and Delta Lake."""

__version__ = "0.1.0"
