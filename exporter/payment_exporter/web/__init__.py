"""The exporter's web server: TLS, basic authentication and limits, configured as exporter-toolkit's file does."""
