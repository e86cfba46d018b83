"""Data sets, one file each: `images`; tables and clips come with their instruments."""
