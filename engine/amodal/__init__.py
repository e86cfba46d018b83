"""Amodal: what is hidden in a video, completed frame by frame (Yao et al., Self-supervised Amodal Video Object Segmentation, NeurIPS 2022).

`baselines` need no network, `completing` asks trained networks, adapted to the clip or not (it alone imports torch), `scoring` counts what any answer
gets right, `exchange` takes answers out, `commands` is the command line. Clips, patches and motion are `engine.datasets.clips`, metrics
`engine.metrics.masks`, other people's files `engine.importers.clips`. This file imports no torch.
"""
