"""The report of a backtest: on the terminal, as Markdown, as a page with charts, as JSON."""
