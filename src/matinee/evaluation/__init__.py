"""Evaluation: protocols, figures, and the rivals that are measured by them too."""
