"""Sources: where events come from when no person sends them."""
