// ChannelStoreSQLite
