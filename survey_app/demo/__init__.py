"""The demonstration: its own mail server and text peer, and a simulated programme."""
