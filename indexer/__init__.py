"""Turns source texts into tagged passages and finds them again."""
