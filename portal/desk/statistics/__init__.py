"""The yearly figures of a desk, complete for itself or fit for the public (docs/statistics.md says what is counted).

facts        what is counted of each case, and what stays of it after a purge
periods      months, and what they are widened to
counting     facts become cells, and the sums that tie cells to each other
suppression  which cells must be hidden so that no small one can be had back
tables       the tables, with what each of them counts
labels       their words in English, French and German
charts       a table as a picture (SVG)
document     all tables as a PDF
files        all tables as JSON or CSV
"""

import logging

from portal.desk.statistics.periods import Period
from portal.desk.statistics.tables import Row, Table, spanning, tables

__all__ = ["Period", "Row", "Table", "spanning", "tables"]

# Where matplotlib can write no cache folder, it takes one that is gone when the program ends, and would say so at once.
logging.getLogger("matplotlib").setLevel(logging.ERROR)
