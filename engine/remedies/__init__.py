"""Remedies against a confounder: networks trained where a factor goes with the class, compared where it does not.

A network that was trained at a chosen strength of the confounder is asked about the same test units in four worlds: as in training,
with the confounder cut off from the class, with each unit's confounder set to that of another class, and with values that training
never shows. Rows: table `outcomes`, one a network and world.
"""
