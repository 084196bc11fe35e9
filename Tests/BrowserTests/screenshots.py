"""Pictures of every kind of page: phone and desktop, light and dark. For people to look at; the checks only make sure
that the pages are complete and that nothing sticks out sideways."""

import os

from support import Account, expect, log_in, main, name, until_live

SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 800}}


def furnish(run):
    """A small neighbourhood."""
    alice = Account(run, name("alice")).register()
    bob = Account(run, name("bob")).register()
    carol = Account(run, name("carol")).register()
    alice.call("POST", f"{alice.channel}/metadata/posts", {
        "title": "Alice in the garden", "description": "Seeds, weather, and what the blackbird thinks of both.",
        "default_affiliation": "publisher"})
    tea = bob.create_topic(name("tea"), "Tea, quietly", "Leaves, water, time. All kinds welcome.")
    bikes = carol.create_topic(name("bicycles"), "Bicycles", "Repairs, routes and rain.")
    for user in (bob, carol):
        user.follow(alice.channel)
    for channel in (tea, bikes, bob.channel):
        alice.follow(channel)
    carol.follow(tea)
    first = alice.post(alice.channel, "The tomatoes have survived the hail. All eleven of them.")
    bob.post(alice.channel, "Eleven! You only told us about nine.", first["id"])
    carol.post(alice.channel, "Two were hiding behind the beans. I have seen them.", first["id"])
    alice.post(alice.channel, "Two were hiding. They are very proud of themselves.", first["id"])
    alice.post(alice.channel, "How to build a frame that the wind does not carry off:\n\n1. Four planks, two metres each\n"
               "2. An old window\n3. Patience\n\nA drawing is at https://garden.example.com/frames/cold-frame.html, and "
               f"{bob.channel} has the saw.")
    long = bob.post(alice.channel, "Who else has slugs this year?")
    for number in range(7):
        carol.post(alice.channel, f"Slug report number {number + 1}: still here.", long["id"])
    alice.post(alice.channel, "Rain at last ☂")
    bob.post(tea, "First flush has arrived, and it smells of cut grass.")
    carol.post(bikes, "Does anybody have a 27 mm spanner?")
    return alice, bob, tea


def shoot(run, page, label):
    """One picture, after the page has come to rest; and nothing is wider than the window."""
    expect(page.locator(".skeleton")).to_have_count(0)
    width, inner = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    run.check(f"{label} fits its window", width <= inner, f"{width} > {inner}")
    run.picture(page, label, animations="disabled")


def test(run):
    alice, bob, tea = furnish(run)
    for scheme in ("light", "dark"):
        for size, viewport in SIZES.items():
            options = {"viewport": viewport, "color_scheme": scheme}
            if size == "phone":
                options |= {"device_scale_factor": 2, "is_mobile": True, "has_touch": True}
            stranger = run.window("stranger", **options)
            tag = f"{size}-{scheme}"
            stranger.goto(run.base)
            expect(stranger.get_by_role("heading", level=1)).to_be_visible()
            shoot(run, stranger, f"welcome-{tag}")
            stranger.goto(f"{run.base}/register")
            shoot(run, stranger, f"register-{tag}")
            stranger.goto(f"{run.base}/{alice.channel}")
            until_live(stranger)
            shoot(run, stranger, f"stranger-{tag}")
            stranger.context.close()

            user = run.window("user", **options)
            log_in(user, run.base, alice.user)
            until_live(user)
            expect(user.locator(".conversation")).to_have_count(4)
            bob.post(tea, f"Another cup, {tag}?")
            if size == "desktop":
                expect(user.locator(f'.side a[href="/{tea}"] .count')).to_be_visible()
            shoot(run, user, f"channel-{tag}")
            user.locator(".conversation").first.get_by_role("button", name="Reply").click()
            user.locator(".composer.reply textarea").fill("Finally!")
            shoot(run, user, f"reply-{tag}")
            user.get_by_role("button", name="Edit").click()
            shoot(run, user, f"edit-{tag}")
            user.keyboard.press("Escape")
            if size == "phone":
                user.get_by_role("button", name="Channels", exact=True).click()
                expect(user.get_by_role("dialog")).to_be_visible()
                shoot(run, user, f"drawer-{tag}")
                user.keyboard.press("Escape")
            user.goto(f"{run.base}/search?q=tea")
            expect(user.locator(".channel-card").first).to_be_visible()
            expect(user.locator(".side .channels li")).to_have_count(4)
            shoot(run, user, f"search-{tag}")
            user.goto(f"{run.base}/new")
            shoot(run, user, f"new-topic-{tag}")
            user.goto(f"{run.base}/nobody@{alice.domain}")
            expect(user.get_by_text("There is no such channel")).to_be_visible()
            shoot(run, user, f"missing-{tag}")
            user.context.close()
            run.pages.clear()
    pictures = [each for each in os.listdir(run.output) if each.endswith(".png")]
    run.check("there are pictures of everything", len(pictures) >= 38, len(pictures))
    run.calm()


main(test)
