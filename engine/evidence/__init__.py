"""Evidence: chosen views as a small report that opens offline, with the rows behind it and a manifest by which anybody can check it.

A view is the address of a page, such as `pairs?table=…&pair=…`; `views/` has a file for each page that can be reported, which asks the same
functions as the page does. `writing` makes a bundle, `checking` verifies one, `rescoring` computes its scores anew from stored predictions.
"""
