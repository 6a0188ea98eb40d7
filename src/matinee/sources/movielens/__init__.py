"""MovieLens, in every layout that GroupLens has published, as a folder or a zip."""
