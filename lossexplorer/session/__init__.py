"""What is set and what is known, without a window: state, history, what to ask next, records.

`state` holds the frozen values, `store` the one way to replace them and the edits, `session`
what can be done to them. `agenda` says what to ask the engine next, `controller` asks it, and
`records` keeps of the answers what the plots show.
"""

from __future__ import annotations

from lossexplorer.session.response import Response, response_of
from lossexplorer.session.session import Session
from lossexplorer.session.state import Change, Experiment, State, View

__all__ = ["Change", "Experiment", "Response", "Session", "State", "View", "response_of"]
