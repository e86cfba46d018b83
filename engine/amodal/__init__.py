"""Amodal: what is hidden in a video, completed frame by frame (Yao et al., Self-supervised Amodal Video Object Segmentation, NeurIPS 2022).

`spec` asks, `run` completes clips object by object and stores rows (`completions`, `mask_frames`), `views` and `measuring` read them, `findings` says
which claim holds where. `baselines` need no network, `completing` asks trained networks, adapted to the clip or not, `answering` puts answers into
full frames, `scoring` counts what they get right, `given` keeps predictions that people brought. `drawing` and `exchange` take answers out, `reel`
and `replies` are what the stepper reads, `shipping` is what comes with the program, `commands` the command line. Clips, patches and motion are
`engine.datasets.clips`, metrics `engine.metrics.masks`, other people's files `engine.importers.clips`. Only `completing` and `run` import torch.
"""
