"""Image classifiers, one file an architecture: `build(classes, channels, size, **options) -> torch.nn.Module`.

A module maps float32 (n, c, h, w) to logits (n, classes). Constants: `VERSION`, `CITATION`.
"""
