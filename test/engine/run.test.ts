// A run on fake wires in virtual time.
