"""Published figures as files: the same cells, words and roundings as the pages, in the formats that others open."""
