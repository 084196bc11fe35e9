// FanoutEdge
