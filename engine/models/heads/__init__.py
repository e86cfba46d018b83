"""Networks with a trunk and linear heads for decisions about people, one file an architecture.

A file offers `build(inputs, groups, **options) -> TwoHeads` and the constants `VERSION` and `CITATION`. A network maps float32 inputs (n, d) to the
task logit (n,) and the group head's raw outputs (n, groups); both are linear in the last hidden layer.
"""
