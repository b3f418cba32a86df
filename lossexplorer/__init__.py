"""See what a segmentation loss does, on your own 3D labels."""

from importlib.metadata import version

__version__ = version("lossexplorer")
__all__ = ["__version__"]
