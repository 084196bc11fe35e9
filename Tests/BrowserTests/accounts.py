"""Sessions and closed doors: staying signed in, a password that is no longer taken, channels that ask first, and what
is said when something fails."""

from support import Account, expect, log_in, main, name, until_live, write


def sessions(run):
    dora = Account(run, name("dora")).register()
    page = run.window("wrong")
    page.goto(f"{run.base}/login")
    page.get_by_label("Name", exact=True).fill(dora.user)
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("don’t belong together")
    run.check("a wrong password is said in words")

    log_in(page, run.base, dora.user)
    other = page.context.new_page()
    other.goto(run.base)
    expect(other.get_by_role("link", name="Register")).to_be_visible()
    run.check("a session belongs to its tab unless one asks otherwise")
    page.get_by_role("button", name="Sign out").click()
    log_in(page, run.base, dora.user, stay=True)
    other.goto(run.base)
    expect(other.locator(".channel-head .address")).to_have_text(dora.channel)
    run.check("with \"stay signed in\" other tabs know it")
    page.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("link", name="Register").first).to_be_visible()
    run.check("and signing out in one signs out in all")

    log_in(page, run.base, dora.user)
    until_live(page)
    page.route("**/api/**", lambda route: route.fulfill(status=401, body="Unauthorized", content_type="text/plain"))
    page.locator(".composer-place textarea").fill("Will this arrive?")
    page.locator(".composer-place textarea").press("Control+Enter")
    expect(page.get_by_text("Please log in again")).to_be_visible()
    expect(page.locator(".account").get_by_role("link", name="Log in")).to_be_visible()
    run.check("a password that is no longer taken ends the session, with a word about it")
    page.unroute("**/api/**")


def closed_channel(run):
    eve = Account(run, name("eve")).register()
    fred = Account(run, name("fred")).register()
    secret = eve.create_topic(name("attic"), "The attic")
    eve.call("POST", f"{secret}/metadata/posts", {"access_model": "authorize"})
    eve.post(secret, "Only between us")

    stranger, asking, owner = run.window("stranger"), run.window("asking"), run.window("owner")
    stranger.goto(f"{run.base}/{secret}")
    expect(stranger.get_by_role("heading", name="This channel is closed")).to_be_visible()
    run.check("a closed channel shows its name and a closed door", "Only between us" not in stranger.content())
    log_in(asking, run.base, fred.user)
    asking.goto(f"{run.base}/{secret}")
    asking.get_by_role("button", name="Follow", exact=True).click()
    expect(asking.get_by_role("button", name="Asked to follow")).to_be_visible()
    expect(asking.locator(f'.side a[href="/{secret}"]')).to_contain_text("pending")
    run.check("following it is a question, and stands as one in the list")

    log_in(owner, run.base, eve.user)
    owner.goto(f"{run.base}/{secret}")
    owner.get_by_role("button", name="follower").click()
    owner.get_by_role("button", name="Accept").click()
    expect(owner.get_by_role("dialog").get_by_text(f"{fred.channel} asks")).to_have_count(0)
    run.check("its owner says yes")
    asking.reload()
    expect(asking.get_by_text("Only between us")).to_be_visible()
    until_live(asking)
    eve.post(secret, "And live")
    expect(asking.get_by_text("And live")).to_be_visible()
    run.check("then its posts are there, and arrive live")

    owner.reload()
    owner.get_by_role("button", name="followers").click()
    owner.get_by_label(f"Role of {fred.channel}").select_option("outcast")
    expect(owner.locator("#announcer")).to_contain_text("Banned")
    asking.reload()
    expect(asking.get_by_role("heading", name="This channel is closed")).to_be_visible()
    run.check("who is banned stands outside again")


def failures(run):
    gwen = Account(run, name("gwen")).register()
    page = run.window("failing")
    log_in(page, run.base, gwen.user)
    until_live(page)
    page.route("**/content/posts", lambda route: route.fulfill(
        status=503, body="The disk is full.", content_type="text/plain") if route.request.method == "POST" else route.continue_())
    write(page, "A text that took an hour")
    expect(page.locator(".composer-place .problem")).to_contain_text("The disk is full.")
    expect(page.locator(".composer-place textarea")).to_have_value("A text that took an hour")
    run.check("a failed post says why and keeps its text")
    page.unroute("**/content/posts")
    page.locator(".composer-place").get_by_role("button", name="Post").click()
    expect(page.locator(".post.root .text")).to_have_text(["A text that took an hour"])
    run.check("and can be sent again")
    page.locator(".composer-place textarea").fill("Half a thought")
    page.get_by_role("link", name="Find channels").click()
    expect(page.get_by_role("heading", name="Find channels")).to_be_visible()
    page.go_back()
    expect(page.locator(".composer-place textarea")).to_have_value("Half a thought")
    run.check("what was begun is still there after a look elsewhere")

    page.context.set_offline(True)
    expect(page.locator(".connection")).to_have_attribute("data-state", "offline", timeout=40_000)
    run.check("a device without network is called offline")
    gwen.post(gwen.channel, "Written elsewhere meanwhile")
    page.context.set_offline(False)
    expect(page.locator(".connection")).to_have_attribute("data-state", "live", timeout=40_000)
    expect(page.get_by_text("Written elsewhere meanwhile")).to_be_visible()
    run.check("and catches up when the network is back")

    page.route("**/content/posts/threads*", lambda route: route.abort())
    page.reload()
    expect(page.get_by_role("heading", name="The posts could not be loaded")).to_be_visible()
    page.unroute("**/content/posts/threads*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("A text that took an hour")).to_be_visible()
    run.check("what could not be loaded can be tried again")


def test(run):
    sessions(run)
    closed_channel(run)
    failures(run)
    run.calm()


main(test)
