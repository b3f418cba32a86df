"""Sessions that outlive their window."""
