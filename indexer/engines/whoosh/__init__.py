"""The Whoosh engine: a folder of generations on this machine, scored as arrays."""

from indexer.engines.whoosh.engine import WhooshEngine
from indexer.engines.whoosh.publish import WhooshWriter

__all__ = ["WhooshEngine", "WhooshWriter"]
