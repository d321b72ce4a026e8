"""A class of dishonest students, graded once by the command that an instructor types."""
