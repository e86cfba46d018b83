"""Accuracy of each class.

The share of a class's examples that are answered right (its recall), one number for each class that has examples.
"""

from engine.metrics.classification import accuracy

VERSION = 1
UNIT = "fraction"
BETTER = "higher"
PER = "class"
INTERVAL = "wilson"
CITATION = ""

statistics = accuracy.statistics
combine = accuracy.combine
compute = accuracy.compute
