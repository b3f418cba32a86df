"""How long tests wait for what is sure to come, and no test measures.

A limit is only there so that a test that would hang fails. It is far above what the slowest machine
with other work on every core needs, and nothing is ever waited for by time alone.
"""

PATIENCE = 90
"""Seconds."""
