"""What can happen to the simulated service."""
