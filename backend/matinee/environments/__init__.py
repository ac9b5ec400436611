"""What the agent acts in: the catalogue (data only), and how environments are built and stepped."""
