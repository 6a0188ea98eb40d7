"""Benchmarks: each measures one figure of docs/benchmarks.md beside its rival."""
