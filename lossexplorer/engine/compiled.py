"""How many compiled functions are kept."""

from __future__ import annotations

MOST_COMPILED = 128
"""How many compiled functions of one kind are kept; the least recently used one is dropped first.

Moving a slider calls the same function again. Another set of active controls, losses or options
needs another function, which takes 1 to 4 s to compile and some 10 MB of memory. Switching every
control on and off alone makes 50 sets, so a function that is still in use is never compiled twice,
and the cache does not grow over a session of a whole day.
"""
