"""Module circuits, one file a model: `build(classes, channels, size, **options) -> torch.nn.Module`.

A circuit is a set of modules with states of their own that message each other (Rahaman et al. 2022), or of functions that
tokens are routed to (Rahaman et al. 2021). Constants: `VERSION`, `CITATION`. Every module has `trunk` and `head`; `trunk.executed`
tells what happened inside. Image circuits are also offered in `engine/models/classifiers`, under the same names.
"""
