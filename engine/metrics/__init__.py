"""What can be computed from stored answers, one file a metric: `classification` on one set, `pairs` of two sets."""
