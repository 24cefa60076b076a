"""The source of the pulse's stylesheet, and what compiles it."""
