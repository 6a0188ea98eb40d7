"""The command line: every verb mirrors a function."""
