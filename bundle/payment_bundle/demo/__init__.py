"""The whole house on one machine: real programs, real traffic, nothing leaves loopback."""
