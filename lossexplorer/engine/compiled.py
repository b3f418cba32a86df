"""How long compiled functions are kept."""

from __future__ import annotations

MOST_COMPILED = 128
"""How many compiled functions of one kind are kept, by what they are compiled for.

Moving a slider needs the same function again; another set of active controls, of losses or of
options needs another one, which takes 1 to 4 s to compile and some 10 MB. Nobody has as many states
in use at a time: every control on its own, before and after, is 50, so nothing that is still needed
is compiled again, and a session of a whole day does not fill the memory.
"""
