"""Models: what turns a history into scores."""
