"""A post made in one window appears in another, by itself; following, replying, unread counts."""

from support import PASSWORD, Account, expect, log_in, main, name, until_live, write


def test(run):
    writer, reader = run.window("writer"), run.window("reader")
    alice = name("alice")

    writer.goto(run.base)
    expect(writer.get_by_role("heading", level=1)).to_be_visible()
    run.check("a stranger is greeted and sees how to begin")
    writer.get_by_role("link", name="Register").click()
    writer.get_by_label("Name", exact=True).fill(alice)
    writer.get_by_label("Password").fill(PASSWORD)
    writer.get_by_label("E-mail").fill(f"{alice}@mail.example")
    writer.get_by_role("button", name="Register").click()
    expect(writer.locator(".channel-head .address")).to_contain_text(f"{alice}@")
    channel = writer.locator(".channel-head .address").inner_text()
    until_live(writer)
    run.check("registering leads to one's own channel")
    run.check("no cookie is set", writer.context.cookies() == [], writer.context.cookies())

    reader.goto(f"{run.base}/{channel}")
    until_live(reader)
    expect(reader.locator(".conversation")).to_have_count(0)
    reader.evaluate("window.sameDocument = true")
    write(writer, "Good morning, everybody")
    expect(reader.locator(".post.root .text")).to_have_text(["Good morning, everybody"])
    run.check("a stranger sees the post at once")
    write(writer, "And a second one: https://example.com/a_(b), nice.")
    expect(reader.locator(".post.root .text").first).to_contain_text("And a second one")
    link = reader.locator(".post.root .text a")
    expect(link).to_have_attribute("href", "https://example.com/a_(b)")
    rel = link.get_attribute("rel") or ""
    run.check("its address is a link that gives nothing away", "noopener" in rel and "nofollow" in rel, rel)
    expect(writer.locator(".conversation")).to_have_count(2)
    run.check("the writer sees each of them once")

    # Followers of a personal channel may only read until its owner says otherwise.
    writer.get_by_role("button", name="Edit").click()
    writer.get_by_label("Title").fill("Alice in the garden")
    writer.get_by_label("New followers").select_option("publisher")
    writer.get_by_role("button", name="Save").click()
    expect(writer.get_by_role("heading", name="Alice in the garden")).to_be_visible()
    run.check("the owner gives the channel a title and lets followers post")

    bob = Account(run, name("bob")).register()
    visitor = run.window("visitor")
    log_in(visitor, run.base, bob.user)
    visitor.goto(f"{run.base}/{channel}")
    visitor.get_by_role("button", name="Follow", exact=True).click()
    expect(visitor.get_by_role("button", name="Following")).to_be_visible()
    expect(visitor.locator(".side .channels")).to_contain_text(alice)
    run.check("a followed channel stands in the list")
    visitor.locator(".conversation").last.get_by_role("button", name="Reply").click()
    visitor.locator(".composer.reply textarea").fill("Good morning, Alice")
    visitor.locator(".composer.reply textarea").press("Control+Enter")
    for page in (visitor, writer, reader):
        expect(page.locator(".conversation").last.locator(".answer .text")).to_have_text(["Good morning, Alice"])
    run.check("a reply stands in its conversation in all three windows")

    topic = bob.create_topic(name("tea"), "Tea, quietly", "Leaves, water, time.")
    writer.get_by_role("search").get_by_label("Search").fill(topic.split("@")[0])
    writer.keyboard.press("Enter")
    writer.locator(f'a.channel-card[href="/{topic}"]').click()
    expect(writer.get_by_role("heading", name="Tea, quietly")).to_be_visible()
    run.check("a topic that somebody else made is found")
    writer.get_by_role("button", name="Follow", exact=True).click()
    expect(writer.get_by_role("button", name="Following")).to_be_visible()
    until_live(writer)
    bob.post(topic, "First flush is here")
    expect(writer.locator(".post.root .text")).to_have_text(["First flush is here"])
    run.check("its posts arrive live")

    writer.locator(".side .channels").get_by_text(alice).click()
    expect(writer.locator(".channel-head .address")).to_have_text(channel)
    until_live(writer)
    bob.post(topic, "Second flush, too")
    bob.post(topic, "And some oolong")
    row = writer.locator(f'.side .channels a[href="/{topic}"]')
    expect(row.locator(".count")).to_contain_text("2")
    expect(writer).to_have_title("(2) " + writer.title().split(") ")[-1])
    run.check("what is unread is counted, in the list and in the title")
    row.click()
    expect(writer.locator(".post.root")).to_have_count(3)
    expect(row.locator(".count")).to_have_count(0)
    run.check("reading clears the count")

    scroll_test(run, bob, topic, reader)
    deletion_test(run, bob, topic, reader)

    run.check("the reader's page was never loaded again", reader.evaluate("window.sameDocument === true"))
    writer.get_by_role("button", name="Sign out").click()
    expect(writer.get_by_role("link", name="Log in").first).to_be_visible()
    kept = writer.evaluate("JSON.stringify([Object.keys(sessionStorage), Object.keys(localStorage)])")
    run.check("signing out leaves nothing behind", kept == "[[],[]]", kept)
    bob.post(topic, "While you were away")
    log_in(writer, run.base, alice)
    expect(writer.locator(f'.side .channels a[href="/{topic}"] .count')).to_be_visible()
    run.check("after logging in again the posts of the meantime are counted")
    run.calm()


def scroll_test(run, bob, topic, reader):
    """New posts don't move the text away from somebody who reads further down."""
    for number in range(14):
        bob.post(topic, f"Number {number}\n" + "A line that takes room.\n" * 4)
    # Within the page, so that it stays the same document.
    reader.evaluate("path => { const link = document.createElement('a'); link.href = path; document.body.append(link);"
                    " link.click(); link.remove(); }", f"/{topic}")
    expect(reader.locator(".channel-head .address")).to_have_text(topic)
    until_live(reader)
    expect(reader.locator(".conversation")).to_have_count(15)
    post = reader.locator(".post.root").nth(9)
    post.scroll_into_view_if_needed()
    reader.evaluate("window.scrollBy(0, 120)")
    before = post.bounding_box()["y"]
    bob.post(topic, "News from above")
    pill = reader.get_by_role("button", name="1 new post")
    expect(pill).to_be_visible()
    run.check("further down, a new post waits behind a note", reader.locator(".conversation").count() == 15)
    newest = bob.call("GET", f"{topic}/content/posts/threads?max=3")
    bob.post(topic, "A reply far above the reader", newest[1]["id"])
    expect(reader.locator(".answer")).to_have_count(1)
    moved = abs(post.bounding_box()["y"] - before)
    run.check("what is being read has not moved", moved < 2, f"{moved} pixels")
    pill.click()
    expect(reader.locator(".post.root .text").first).to_have_text("News from above")
    expect(pill).to_be_hidden()
    expect(reader.locator(".channel-head")).to_be_in_viewport(ratio=0.99)
    run.check("the note leads up to it")
    before = reader.locator(".conversation").count()
    reader.get_by_role("button", name="Load older posts").click()
    expect(reader.get_by_text("First flush is here")).to_be_visible()
    run.check("older posts are loaded on request", reader.locator(".conversation").count() > before)

    page = run.window("linked")
    oldest = bob.call("GET", f"{topic}/content/posts/threads?max=50")[-1]
    page.goto(f"{run.base}/{topic}?post={oldest['id']}")
    expect(page.locator(f'[data-entry="{oldest["id"]}"]')).to_be_focused()
    expect(page.locator(f'[data-entry="{oldest["id"]}"]')).to_be_in_viewport()
    page.get_by_role("button", name="Load older posts").click()
    expect(page.locator(f'[data-entry="{oldest["id"]}"]')).to_have_count(1)
    run.check("a link to one post leads to it, however old it is")


def deletion_test(run, bob, topic, reader):
    """A post taken back disappears from open pages."""
    reader.evaluate("window.scrollTo(0, 0)")
    entry = bob.post(topic, "Said too soon")
    expect(reader.get_by_text("Said too soon")).to_be_visible()
    owner = run.window("owner")
    log_in(owner, run.base, bob.user)
    owner.goto(f"{run.base}/{topic}")
    post = owner.locator(f'[data-entry="{entry["id"]}"]')
    post.hover()
    post.get_by_role("button", name="Delete").click()
    owner.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(post).to_have_count(0)
    expect(reader.get_by_text("Said too soon")).to_have_count(0)
    run.check("a deleted post disappears from every window")


main(test)
