"""A simulated audience: people with tastes who watch, like, rate and review, in the rhythm of real ones."""
