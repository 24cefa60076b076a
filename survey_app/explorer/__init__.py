"""The script of the explorer: its source, and what makes its bundle of it."""
