"""The snapshots in the window: their strip, their pictures, and keys that are held."""
