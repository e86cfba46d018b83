"""Taking in what people bring, where that takes longer than a page may: images, predictions and result tables, as jobs of the queue.

`spec` says what is taken in and how it was understood; `run` does it in the worker, by the importers' own functions. What a page needs to
show of it is the job: how far it is, and the sentence that it ends with.
"""
