"""The mathematics of A3C: pure functions and small objects on arrays. Imports torch and NumPy."""
