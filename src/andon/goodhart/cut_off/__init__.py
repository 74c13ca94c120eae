"""Cut off: what is counted and compared to see whether customers are, one noun a file."""
