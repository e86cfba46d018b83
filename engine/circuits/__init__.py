"""Circuits: learned module graphs, looked into and acted on (Neural Attentive Circuits, Rahaman et al. 2022; Neural Interpreters, 2021).

`spec` asks, `run` observes trained circuits and stores rows (`circuits`, `circuit_nodes`, `circuit_edges`, `circuit_curves`), `views` reads
them, `answer` holds what needs the network itself, `exchange` takes circuits out and in. This file imports no torch.
"""
