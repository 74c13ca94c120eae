"""Ready mappings, one file for each source."""
