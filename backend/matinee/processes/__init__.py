"""Child processes: launching, watching and ending them. Knows nothing of what they compute."""
