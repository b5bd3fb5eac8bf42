"""The operations, one module for each tag; each takes parameters, asks the snapshot, and hands on a record."""
