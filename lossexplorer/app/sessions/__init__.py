"""Sessions that outlive the window: kept as they change, and brought back."""
