// FanoutBus
