from django.urls import URLPattern, URLResolver

app_name = "architectures"
urlpatterns: list[URLPattern | URLResolver] = []
