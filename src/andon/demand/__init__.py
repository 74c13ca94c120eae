"""Why people contact us."""
