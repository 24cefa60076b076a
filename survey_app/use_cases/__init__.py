"""What the product does, one module a subject. Each use case commits once, at its end."""
