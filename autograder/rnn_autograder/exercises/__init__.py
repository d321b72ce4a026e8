"""What each exercise must satisfy, one module an assignment."""
