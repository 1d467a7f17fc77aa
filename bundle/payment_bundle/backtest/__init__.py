"""How well the alerts detect: weeks of a simulated service with labelled incidents, judged by the real Prometheus."""
