"""Studies: closer looks at one architecture. One file each."""
