"""Does dynamic stitching scale? Time and memory of circuits and of neural interpreters, as modules or functions, and tokens, grow.

Neural Interpreters route each token to functions anew at each step (Rahaman et al., NeurIPS 2021); Neural Attentive Circuits let modules with
states of their own exchange messages (Rahaman, Weiss et al., NeurIPS 2022), and were proposed because the former do not scale. Table: `stitch_costs`.
"""
