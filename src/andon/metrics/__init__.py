"""What we watch."""
