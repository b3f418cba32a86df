"""The gallery: a page of the documentation with a picture of every scenario, and all pictures."""
