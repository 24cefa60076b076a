"""Keys and what they protect: links, contact details and sealed ballots."""
