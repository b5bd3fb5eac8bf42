"""The published OpenAPI document, how it is generated, and what clients are made from it."""
