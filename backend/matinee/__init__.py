"""Matinee: watch and steer reinforcement-learning training while it happens."""

__version__ = "0.1.0"
