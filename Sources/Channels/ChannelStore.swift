public import XMPP

// The store's protocol is written with its first implementation, `ChannelStoreSQLite`.
