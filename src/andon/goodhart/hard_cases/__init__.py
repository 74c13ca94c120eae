"""Hard cases: what is counted and compared to see whether they are shed, one noun a file."""
