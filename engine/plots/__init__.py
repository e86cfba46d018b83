"""Figures: data frames in, Plotly figures or `Points` out. One template, one palette, one way to write numbers.

`template` holds both themes and swaps a figure between them, `looks` gives each name its colour and symbol, `formats`
writes numbers, `axes` draws shares on linear, logit or probit axes. The figure makers draw in the light theme; pages
recolour.
"""
