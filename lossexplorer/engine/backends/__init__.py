"""What differs between Keras backends: one small module each, all with the same functions.

`choice` says which backend is wanted and where it is to compute, without importing any; `active`
is the one in use; `interface` is what each of them offers.
"""
