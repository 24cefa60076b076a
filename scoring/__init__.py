"""Answers to scores to group statistics: pure functions on arrays, with formulas and sources."""
