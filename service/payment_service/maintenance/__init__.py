"""Backups, their verification, and the weekly care of the database."""
