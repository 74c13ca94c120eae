"""Hand to hand: what is counted and compared to see what is passed on, one noun a file."""
