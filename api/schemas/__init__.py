"""The public contract: what requests may hold, and what answers show. What is not named here does not get out."""
