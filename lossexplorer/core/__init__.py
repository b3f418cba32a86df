"""Used by all packages: parameters, slider scales, numbers as text, caches, resources, displays."""
