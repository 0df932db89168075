"""The console's door, in a browser."""

from providers.demo import PASSWORD


def sign_in(page, server):
    page.goto(f"{server.url}/admin/")
    page.get_by_label("Email").fill("staff@example.test")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(f"{server.url}/admin/")
