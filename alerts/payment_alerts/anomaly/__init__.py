"""Alerts on business figures that are not what they usually are at this time of the week."""
