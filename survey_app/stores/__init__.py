"""The packages' protocols, kept in the database."""
