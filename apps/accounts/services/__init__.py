"""What people do to teams, members, tokens and their own account. One file per verb group."""
