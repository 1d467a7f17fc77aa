"""What running servers have, compared with what is generated, in words."""
