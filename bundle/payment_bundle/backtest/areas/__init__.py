"""The parts of the simulated world, each with its drivers and the series that follow from them."""
