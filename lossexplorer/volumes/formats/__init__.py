"""File formats: one module a format, found by its ending and its first bytes."""
