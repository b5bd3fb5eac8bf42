"""The profile of `make fuzz`: new cases each time, and many."""

from hypothesis import settings

settings.register_profile("fuzz", max_examples=500)
