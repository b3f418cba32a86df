"""Networks: models that are built from a description or read from a user's file.

`head` says which output layer a target needs, and is all that the window's process imports.
"""
