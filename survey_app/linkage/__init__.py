"""The linkage game: play the attacker who holds every byte ever at rest, and count whom they can name."""
