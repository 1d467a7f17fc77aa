"""Takes in what extensions add: finds them, calls them, and checks what they add as the bundle's own is checked."""
