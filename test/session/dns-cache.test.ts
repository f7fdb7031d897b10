// The cache of addresses in virtual time.
