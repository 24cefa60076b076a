"""The long-running processes: worker, clock, broker, and the supervisor that keeps them."""
