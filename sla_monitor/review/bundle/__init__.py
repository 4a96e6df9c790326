"""One ZIP for a party: made, unpacked and verified."""
