// The front door: what callers iterate over.
