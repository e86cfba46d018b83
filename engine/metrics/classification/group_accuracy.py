"""Accuracy of each group.

The share of a group's examples that are answered right, one number for each value of each of the set's group columns
(such as the typeface, the writer or the site). A column of more than a hundred values is left out.
"""

from engine.metrics.classification import accuracy

VERSION = 1
UNIT = "fraction"
BETTER = "higher"
NEEDS = ("groups",)
PER = "group"
INTERVAL = "wilson"
CITATION = ""

statistics = accuracy.statistics
combine = accuracy.combine
compute = accuracy.compute
