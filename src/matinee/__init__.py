"""Matinee: real-time movie recommendations, the whole pipeline in one command."""

__version__ = "0.1.0"
