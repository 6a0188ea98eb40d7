"""Serving: the live state, the recommender and the API."""
