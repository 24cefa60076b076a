"""Composition root: tables, use cases, and the entry points web, worker, clock and command line."""
