"""Routes below runs/new/, part of the `runs` namespace."""

from __future__ import annotations

from django.urls import path

from apps.runs.wizard import views

urlpatterns = [
    path("runs/new/", views.new, name="new"),
    path("runs/new/fields/<slug:place>/", views.fields, name="new_fields"),
    path("runs/new/reward/", views.reward, name="new_reward"),
    path("runs/new/preview/", views.preview, name="new_preview"),
]
