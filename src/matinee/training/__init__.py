"""Training: from the lake to a published model, with its figures."""
