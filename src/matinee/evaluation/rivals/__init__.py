"""Rivals: what one would otherwise use. They are measured, never served."""
