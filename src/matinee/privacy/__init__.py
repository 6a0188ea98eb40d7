"""Privacy: export, erasure and the receipt."""
