// BuddycloudAPI
