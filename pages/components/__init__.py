"""Browser components of our own: JavaScript beside its Python face, no third-party code."""
