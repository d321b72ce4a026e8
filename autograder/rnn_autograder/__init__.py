"""Trusted grading for the course: student code returns values, never verdicts."""
