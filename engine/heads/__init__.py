"""Heads: what a network that was pressed towards equal treatment does inside, and to whom.

Source: Lohaus, Kleindessner, Kenthapadi, Locatello and Russell, "Are Two Heads the Same as One? Identifying Disparate Treatment in Fair Neural
Networks", NeurIPS 2022. The question: does such a network rebuild the protected attribute that it was not given, and who would be decided otherwise
if only the inferred group value were swapped? Formulas are S1 to S6 and measures M1 to M6 as numbered in the files here.

- `spec`: the question, its networks, what it costs.
- `run`, `fitting`, `measuring`: networks are fitted (torch), then read (NumPy), each a cell.
- `weights`: a network as plain arrays: layers, two heads, the merged layer (S1).
- `merge`: which (b, c) decides 1[f + b g + c > 0] best within a slack, exactly; thresholds for each true group.
- `treatment`: who would be decided otherwise, and how (M1 to M6).
- `awareness`: how well a layer, or a shift of scores, tells the group.
- `audit`: decisions of any system, group by group, with intervals.
- `views` (stored numbers), `inside`, `persons`, `cutting`, `findings` (one network): what pages and commands show.

Facts, no verdict: the words are "swap of the inferred group value"; no causal model is involved, and an inferred group is never shown for a named
person. This file imports no torch.
"""
