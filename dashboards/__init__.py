"""What was published and how it is shown: disclosure control, trends, charts and pages."""
