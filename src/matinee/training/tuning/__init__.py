"""Tuning: the settings of a model that rank best on the validation, and what each of them is worth."""
