"""The explanations in the product: every strategy and space has its page, and is linked from where it is named."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse

from apps.accounts.models import User
from apps.methods.method_page import DOCS, method_page, page_from
from nas import registry

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]


@pytest.fixture
def reader(client: Client) -> Client:
    client.force_login(User.objects.create_user(username="reader"))
    return client


@pytest.mark.parametrize("name", [*registry.strategies, *registry.spaces])
def test_a_page_leads_only_to_what_there_is(reader: Client, name: str) -> None:
    response = reader.get(reverse("methods:page", args=[name]))
    html = response.content.decode()
    article = html[html.index("<article") : html.index("</article>")]
    assert "<table" in article, "a page names the settings"
    for address in re.findall(r'(?:href|src)="([^"]+)"', article):
        if not address.startswith(("https://", "#")):
            assert reader.get(address.partition("#")[0]).status_code == 200, address


def test_links_between_explanations_lead_to_pages_and_others_become_text() -> None:
    page = page_from("x", "# Title\n\n[A](hyperband.md#settings) [B](../api.md) [C](https://arxiv.org/abs/1603.06560)")
    assert page.title == "Title"
    assert f'<a href="{reverse("methods:page", args=["hyperband"])}#settings">A</a>' in page.html
    assert "<span>B</span>" in page.html
    assert '<a href="https://arxiv.org/abs/1603.06560" rel="noreferrer">C</a>' in page.html


def test_html_and_script_addresses_are_text() -> None:
    page = page_from("x", "# T\n\n<script>alert(1)</script> [a](javascript:alert(1)) <img src=x onerror=alert(1)>")
    assert "<script" not in page.html
    assert "<img" not in page.html
    assert "href" not in page.html


@pytest.mark.parametrize("name", ["unknown", "README", "digits"])
def test_other_names_have_no_page(reader: Client, name: str) -> None:
    assert method_page(name) is None
    assert reader.get(f"/methods/{name}/").status_code == 404


@pytest.mark.parametrize("name", ["..%2Fapi.md", "%2Fetc%2Fpasswd", "none.png"])
def test_only_pictures_of_explanations_are_served(reader: Client, name: str) -> None:
    assert reader.get(f"/methods/images/{name}").status_code == 404


def test_a_picture_is_served_whole(reader: Client) -> None:
    response = reader.get(reverse("methods:image", args=["run.png"]))
    assert response["Content-Type"] == "image/png"
    assert response.content == (DOCS / "images" / "run.png").read_bytes()


def test_the_list_names_everything_that_can_be_chosen(reader: Client) -> None:
    html = reader.get(reverse("methods:list")).content.decode()
    for name in (*registry.strategies, *registry.spaces):
        assert f'href="{reverse("methods:page", args=[name])}"' in html


def test_the_form_and_the_space_lead_there(reader: Client) -> None:
    form = reader.get("/runs/new/").content.decode()
    assert reverse("methods:page", args=["aging_evolution"]) in form
    space = reader.get(reverse("spaces:kind", args=["darts"])).content.decode()
    assert reverse("methods:page", args=["darts"]) in space
