"""What each page says, as values: a template only lays it out. Everything comes from published cells."""
