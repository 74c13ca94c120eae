"""The simulator: one model of an operation, two engines that agree."""
