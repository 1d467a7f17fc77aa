"""The kinds of panels: a declaration of each says what to draw, Grafana's JSON how."""
