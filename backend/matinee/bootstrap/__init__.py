"""The composition root: the only place that knows which concrete class stands behind a port."""
