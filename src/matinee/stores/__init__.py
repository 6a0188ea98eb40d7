"""Stores: what answers questions that neither the log nor the live state should be asked."""
