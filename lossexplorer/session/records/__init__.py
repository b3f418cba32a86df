"""What the plots show: one module a record, each a frozen value made of the engine's answers.

A record is replaced and never changed, so that it can be kept beside a later one, compared with
it and written to a file. It says itself what it needs asked at rest, so that a kind of question
is one module here and one in `lossexplorer.engine.questions`.
"""

from lossexplorer.session.records._catalog import RECORDS
from lossexplorer.session.records._record import Record
from lossexplorer.session.records._records import KeptRecords, Records

__all__ = ["RECORDS", "KeptRecords", "Record", "Records"]
