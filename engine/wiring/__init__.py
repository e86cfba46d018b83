"""Train circuits from a question: arms, data, seeds; each becomes a network, its training is kept step by step, its graph is observed.

The recipe is that of `engine.training.circuits`. Rows: `circuit_training` (loss, validation accuracy, links at each mark), and those of
`engine.circuits` for the finished graph.
"""
