"""Disclosure control: blocks of at least k people, protected counts, and figures from nothing else."""
