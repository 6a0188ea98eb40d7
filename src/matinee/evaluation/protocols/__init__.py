"""The protocols: each one file, whose docstring says exactly what is trained on and what is asked."""
