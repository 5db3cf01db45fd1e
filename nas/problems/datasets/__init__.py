"""Data sets: readers of files people bring, the stored form, and the libraries that find them."""
