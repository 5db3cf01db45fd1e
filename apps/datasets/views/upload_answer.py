"""How an upload is answered: a page for a plain form, JSON for the one that shows progress."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render


def wants_json(request: HttpRequest) -> bool:
    return request.headers.get("Accept", "").startswith("application/json")


def taken(request: HttpRequest, address: str) -> HttpResponse:
    """The upload lies in storage; `address` is where it goes on."""
    return JsonResponse({"location": address}, status=201) if wants_json(request) else redirect(address)


def refused(request: HttpRequest, form: forms.Form, template: str, context: dict[str, object]) -> HttpResponse:
    """What is wrong, at the fields; "files" and "__all__" stand for the files and the form as a whole."""
    if wants_json(request):
        return JsonResponse({"errors": {name: list(errors) for name, errors in form.errors.items()}}, status=422)
    return render(request, template, {**context, "form": form}, status=422)
