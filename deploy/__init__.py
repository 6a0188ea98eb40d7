"""The servers that Matinee grows to: without containers by `local`, with them by `compose.yaml`."""
