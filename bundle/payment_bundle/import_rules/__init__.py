"""``payobs import-rules``: how rules that somebody has already relate to ours."""
