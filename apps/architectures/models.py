"""Architectures: one row per canonical form, shared by all trials of all runs that evaluate it."""

from __future__ import annotations

from django.db import models


class Architecture(models.Model):
    """`key` is nas.core.space.architecture_key; `genotype` is the form in which it was first seen."""

    key = models.CharField(max_length=32, unique=True)
    space_name = models.CharField(max_length=60)
    space_version = models.IntegerField()
    space_config = models.JSONField()
    genotype = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key[:10]
