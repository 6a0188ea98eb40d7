"""Events: what people do and what is known of movies, with the one codec that reads and writes them."""
