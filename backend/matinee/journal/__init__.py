"""run.db: the record of one run. One process writes it; anyone may read it, at any time."""
