// ChannelServer
