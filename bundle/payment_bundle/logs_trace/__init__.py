"""``payobs logs trace``: where each line of a log goes, and how it looks there."""
