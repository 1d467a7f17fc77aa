"""Mutation of the rules: each is changed in small ways, and its unit tests must notice every change."""
