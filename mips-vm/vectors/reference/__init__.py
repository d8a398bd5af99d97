"""docs/spec/numerics.md in numpy, one float32 operation at a time."""
