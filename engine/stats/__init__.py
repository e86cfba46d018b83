"""Statistics that every study uses, on plain NumPy arrays: no torch, no tables, no names of networks or sets.

- `softmax`: probabilities from logits, stable in float64.
- `intervals`: intervals of a proportion, and percentiles of resamples.
- `bootstrap`: resampling as one matrix product, with weights that are kept.
- `temperature`: the one number that calibrates logits.
- `calibration`: confidence against accuracy in bins.
- `roc`: how well one score tells two sets apart.
- `lines`: a line through networks on linear, logit or probit axes.
- `patterns`: the pattern of a pair of sets, what carries its line, who stands above it.
- `paired`: two networks on the same examples.
- `ranking`: many networks on the same examples: rank intervals, ties with the best, agreement of orders.
- `multiplicity`: p values of many tests at once.
- `selection`: what a rule of choice costs, fronts, effects of a factor.
- `slices`: where errors are more frequent than elsewhere.
- `projection`: a map of many columns in two.
- `regression`: how well one or two numbers tell another, pooled and within pairs, with what is left out.
- `factors`: which few hidden numbers stand behind many, and rank correlations.
"""
