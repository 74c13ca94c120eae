"""Piled up: what is counted and compared to see whether contacts are, one noun a file."""
