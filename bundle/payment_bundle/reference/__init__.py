"""What people look up, as Markdown out of the catalogue, the settings and the programs themselves."""
