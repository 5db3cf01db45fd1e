"""Names of the API's operations: method and path, so that they are unique and stay the same."""

from __future__ import annotations

import re

from drf_spectacular.openapi import AutoSchema


class ApiOperation(AutoSchema):
    def get_operation_id(self) -> str:
        """`get_teams_team_id_members` for GET /api/v1/teams/{team_id}/members/."""
        parts = re.findall(r"\w+", self.path.removeprefix("/api/v1"))
        return "_".join([self.method.lower(), *parts])
