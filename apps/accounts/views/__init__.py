"""The account pages, one file per room of the page."""
