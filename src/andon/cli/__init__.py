"""The terminal face of Andon: one file for each group of commands, and no arithmetic."""
