"""catalogue.db: the index of runs, and who is logged in."""
