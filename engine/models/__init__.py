"""Networks that can be built and run. Torch lives here.

`predict.load(card)` gives a predictor, `batching.predict` runs it over images, `inspect.inspect` says what is wrong with a
network that somebody brought. This file imports none of them, so that naming the room costs nothing.
"""
