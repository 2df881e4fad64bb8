"""URLs of the demo site."""

from django.contrib import admin
from django.urls import include, path

from project import shop, views

handler400 = "errorkit.responses.handlers.bad_request"
handler403 = "errorkit.responses.handlers.permission_denied"
handler404 = "errorkit.responses.handlers.page_not_found"
handler500 = "errorkit.responses.handlers.server_error"

urlpatterns = [
    path("", views.start, name="start"),
    path("latest/", views.latest, name="latest"),
    path("answer/<slug:name>/", views.answer, name="answer"),
    path("mail/<str:key>/", views.mail, name="mail"),
    path("mail/<str:key>/html/", views.mail_html, name="mail_html"),
    path("fail/plain/", shop.plain),
    path("fail/async/", shop.asynchronous),
    path("fail/chained/", shop.chained),
    path("fail/forbidden/", shop.forbidden),
    path("fail/task/", views.task),
    path("api/orders/<int:number>/", shop.OrderView.as_view()),
    path("errorkit/", include("errorkit.urls")),
    path("admin/", admin.site.urls),
]
