"""Where we are proved: an operation simulated with its truth known."""
