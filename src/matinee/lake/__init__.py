"""The lake: ACID tables with time travel, in Delta format."""
