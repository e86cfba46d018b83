"""The assay: how networks do on other distributions than the one they were trained on.

Paper: Wenzel et al., "Assaying Out-Of-Distribution Generalization in Transfer Learning" (NeurIPS 2022).
Question: given networks, an in-distribution set, other sets, shifts and metrics, what is each network's number, and what
predicts what? Tables: `networks`, `examples`, `predictions` (logits of every example) and `scores`.
"""
