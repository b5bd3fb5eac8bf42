"""Client libraries generated from openapi.json, and the proof that they work; see README.md."""
