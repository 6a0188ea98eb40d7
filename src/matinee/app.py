"""The wiring: the one place that knows every room, and opens the ports that the settings name."""
