"""A whole visit without a mouse: register, post, reply, search, follow, delete, sign out. Focus is always somewhere
that makes sense, and can be seen."""

from support import PASSWORD, Account, expect, main, name, until_live

FOCUS = """
() => {
  const element = document.activeElement;
  const box = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  return { tag: element.tagName, name: element.getAttribute('aria-label') || element.textContent.trim().slice(0, 60)
      || element.getAttribute('placeholder') || element.name || '', id: element.id,
    seen: box.width > 0 && box.height > 0, ringed: style.outlineStyle !== 'none' || element.matches('textarea') };
}
"""


def focus(page):
    return page.evaluate(FOCUS)


def tab_to(page, matches, backwards=False):
    """Presses Tab until the focus is on something that matches; every stop must be visible and ringed."""
    seen = []
    for _ in range(80):
        page.keyboard.press("Shift+Tab" if backwards else "Tab")
        here = focus(page)
        seen.append(here["name"])
        if here["tag"] != "BODY" and not (here["seen"] and here["ringed"]):
            raise AssertionError(f"the focus cannot be seen: {here}")
        if matches(here):
            return here
    raise AssertionError(f"not reached by keyboard; passed {seen}")


def named(text, tag=None):
    return lambda here: text.lower() in here["name"].lower() and tag in (None, here["tag"])


def test(run):
    page = run.window("keyboard")
    user = name("kim")
    page.goto(run.base)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.keyboard.press("Tab")
    run.check("the first stop skips to the content", "Skip" in focus(page)["name"], focus(page))
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    run.check("and it does")
    tab_to(page, named("Get your channel"))
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    run.check("a new page begins at its first field")
    page.keyboard.type(user)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Tab")
    page.keyboard.type("not an address")
    page.keyboard.press("Enter")
    run.check("a wrong address is refused before it is sent", "/register" in page.url)
    page.keyboard.press("Control+A")
    page.keyboard.type(f"{user}@mail.example")
    page.keyboard.press("Enter")
    expect(page.locator(".channel-head .address")).to_contain_text(user)
    until_live(page)
    expect(page.get_by_role("heading", level=1)).to_be_focused()
    run.check("after registering the focus is on the channel's heading")

    tab_to(page, named("Post to your channel", "TEXTAREA"))
    page.keyboard.type("Written without a mouse")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".post.root .text")).to_have_text(["Written without a mouse"])
    expect(page.locator("#announcer")).to_have_text("Your post is posted.")
    run.check("Ctrl+Enter posts, and it is announced")
    expect(page.locator(".composer-place textarea")).to_be_focused()
    run.check("the focus stays where one writes")

    tab_to(page, named("Reply", "BUTTON"))
    page.keyboard.press("Enter")
    expect(page.locator(".composer.reply textarea")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".composer.reply")).to_have_count(0)
    expect(page.get_by_role("button", name="Reply")).to_be_focused()
    run.check("Escape closes the reply and gives the focus back")
    page.keyboard.press("Enter")
    page.keyboard.type("A reply, too")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".answer .text")).to_have_text(["A reply, too"])
    expect(page.get_by_role("button", name="Reply")).to_be_focused()
    run.check("a reply is sent, and the focus is back at its button")

    tab_to(page, named("Edit", "BUTTON"), backwards=True)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('dialog')")
        run.checks += 0 if inside else run.check("the focus stays in the dialog", False, focus(page))
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Edit")).to_be_focused()
    run.check("a dialog keeps the focus, Escape closes it and the focus returns")

    tab_to(page, named("New topic channel"), backwards=True)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Name", exact=True)).to_be_focused()
    topic = name("walks")
    page.keyboard.type(topic)
    page.keyboard.press("Tab")
    page.keyboard.type("Walks in the rain")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Walks in the rain")).to_be_visible()
    run.check("a topic channel is made")

    other = Account(run, name("lee")).register()
    theirs = other.create_topic(name("maps"), "Maps")
    tab_to(page, named("Search channels", "INPUT"), backwards=True)
    page.keyboard.type(theirs.split("@")[0])
    page.keyboard.press("Enter")
    expect(page.locator(f'a.channel-card[href="/{theirs}"]')).to_be_visible()
    tab_to(page, lambda here: here["tag"] == "A" and theirs in here["name"].replace("\u200b", ""))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Maps")).to_be_focused()
    tab_to(page, lambda here: here["name"] == "Follow")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Following")).to_be_focused()
    run.check("a channel is found and followed, and the focus stays on the button")

    page.go_back()
    expect(page.get_by_role("heading", name="Find channels")).to_be_visible()
    page.go_forward()
    expect(page.get_by_role("heading", name="Maps")).to_be_visible()
    run.check("back and forward work")

    page.goto(f"{run.base}/{page.locator('.side .channels a').first.get_attribute('href').lstrip('/')}")
    until_live(page)
    tab_to(page, named("Delete", "BUTTON"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Tab")
    while "Delete" not in focus(page)["name"]:
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator(".post.removed")).to_be_visible()
    run.check("a post is deleted after a question; its replies keep their place")

    tab_to(page, named("Sign out", "BUTTON"), backwards=True)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Get your channel")).to_be_visible()
    run.check("and one signs out")
    run.calm()


main(test)
