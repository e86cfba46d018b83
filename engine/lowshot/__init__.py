"""Low-shot adaptation: trained circuits go on learning from a few labelled images of another domain, and a part of each may move.

The head alone (as the released few-shot configuration of Neural Attentive Circuits does), head with what makes each module itself (codes,
signatures, states), or everything. Adapted circuits are rows of `networks` and `scores` under a collection of their own: accuracy on the test
images of the new domain, and what is left on those of the old one. `spec` plans, `run` adapts and measures, `views` compares. This file
imports no torch.
"""
