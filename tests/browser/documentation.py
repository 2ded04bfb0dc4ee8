"""What partners read, in Chromium: the list, a guide and the reference, wide and narrow. No page asks another host for anything.

    documentation.py --url URL --token TOKEN --chromium PATH --axe PATH --shots FOLDER
"""

from playwright.sync_api import expect, sync_playwright

from visitor import Visitor, arguments, conclude


def guides(visitor):
    page = visitor.page
    page.goto(f"{visitor.options.url}/docs")
    visitor.look("docs-1-list")
    page.locator("summary", has_text="Guides").click()
    with page.expect_navigation():
        page.locator("nav a", has_text="First").click()
    expect(page.locator("pre code").first).to_be_visible()
    visitor.look("docs-2-guide")
    with page.expect_navigation():
        page.locator(".next a").click()


def reference(visitor):
    """Redoc's own elements are not ours to hold against WCAG; that it shows the document is."""
    page = visitor.page
    page.goto(f"{visitor.options.url}/docs/reference/telematics")
    expect(page.get_by_role("heading", name="List vehicles").first).to_be_visible(timeout=30_000)
    page.screenshot(path=visitor.options.shots / f"{visitor.name}-docs-3-reference.png")
    if page.viewport_size["width"] > 1000:
        page.get_by_placeholder("Search...").fill("newest position")
        expect(page.locator('[data-role="search:results"]')).to_be_visible(timeout=10_000)


def main():
    options, findings = arguments(), []
    desk, phone = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        visits = [
            ("reader-desk-light", {"viewport": desk, "color_scheme": "light"}),
            ("reader-phone-dark", {"viewport": phone, "color_scheme": "dark"}),
        ]
        for name, settings in visits:
            visitor = Visitor(browser, name, options, findings, **settings)

            def note(request, name=name):
                if not request.url.startswith((options.url, f"blob:{options.url}", "data:")):
                    findings.append((name, "request", request.url))

            visitor.page.on("request", note)
            for walk in (guides, reference):
                walk(visitor)
            visitor.context.close()
        browser.close()
    conclude([name for name, _ in visits], findings)


main()
