"""The Keras backends: one small module for each, with the functions in which they differ.

`interface` describes the functions, `environment` reads the wanted backend and device from the
environment without importing a backend, and `active` has the backend in use.
"""
