"""The cards of the library: what there is, as a table, and one opened whole. Read without importing torch."""
