"""The compiled inner loops: arrays and scalars in, numbers out; they know no objects."""
