// Whole runs against a server that misbehaves, seeded, in virtual time.
