"""Nearness of meaning between a query and sentences: an optional part, absent without `pip install .[meaning]`."""
