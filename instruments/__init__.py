"""What is asked: instruments as versioned data, and the rules a set of answers must keep."""
