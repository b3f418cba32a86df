"""What the plots show: one module a record, each a frozen value made of the engine's answers.

A record is replaced and never changed, so that it can be kept beside a later one, compared with
it and written to a file.
"""

from lossexplorer.session.records.class_terms import ClassTerms
from lossexplorer.session.records.curves import Curves
from lossexplorer.session.records.history import History
from lossexplorer.session.records.records import Records

__all__ = ["ClassTerms", "Curves", "History", "Records"]
