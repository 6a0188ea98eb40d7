"""Rivals: what one would otherwise use, set up as well as we can."""
