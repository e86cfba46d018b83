"""Bring your own: predictions, a network, images. Looked at first, audited on screen, saved only when asked."""
