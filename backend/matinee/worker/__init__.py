"""The run process: hosts one run's training and writes its record."""
