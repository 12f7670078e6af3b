"""Corpora and measurements. `python -m bench --help`."""
