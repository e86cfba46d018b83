"""The sweep: a grid of small networks trained here, so that the questions of Wenzel et al. 2022 can be asked of data of our own.

`spec` holds the grid as data and plans it, `fitting` trains one network, `run` makes its rows, `shards` keeps what is done. This file imports
no torch.
"""
