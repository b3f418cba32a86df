"""See what a segmentation loss does, on your own 3D labels."""

__version__: str
__all__ = ["__version__"]

# As that of `typing`, whose import takes a while in which Ctrl+C is not expected yet.
TYPE_CHECKING = False

if not TYPE_CHECKING:

    def __getattr__(name):
        """Return the version when it is asked for: finding it out takes a third of the start."""
        if name != "__version__":
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib.metadata import version

        return version("lossexplorer")
