"""The engine of Touchstone: everything but the pages. It never imports Streamlit.

The rooms, from the ground up:

- `errors`, `places`, `registry`, `spec`, `rows`, `hashing`: sentences for people, where things lie, what can be found by
  name, what a question is, what tables hold.
- `store` (Parquet is the truth, DuckDB the lens), `control` (the SQLite queue), `stats`, `metrics`, `plots`, `shifts`.
- `systems` (causal models of images), `datasets`, `networks` (cards), `importers`, `models`, `attacks`, `training`: data, networks and
  how they are brought or made.
- `assay`, `interventions`: a study is one package with the same file names: `spec`, `run`, `views`, `plots`.
- `sweep`: a grid of small networks, trained and evaluated so that the assay has many to compare.
- `claims`, `dossier`, `plainly`, `evidence`: across studies: what papers claim, all that is known of one network, the same in plain words, reports.
- `worker`, `__main__`: the process that answers questions, and the command line.

Torch is known to `models`, `attacks`, `training`, a study's `run.py`, and `worker`; to nobody else.
"""
