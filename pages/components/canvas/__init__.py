"""The browser module under our figures: pan, zoom, hit test, brush, keys, theme, PNG and SVG. JavaScript only."""
