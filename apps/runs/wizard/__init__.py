"""The new-run form: fields made from the `Config` declarations, the draft a person is filling in, its preview."""
