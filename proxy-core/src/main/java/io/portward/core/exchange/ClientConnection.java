package io.portward.core.exchange;

import io.netty.channel.Channel;
import io.portward.core.http.Forwarding;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.TlsInfo;

/** What all exchanges of one client connection share. Threading: the channel's event loop. */
public record ClientConnection(Channel channel, ConnectionInfo info, TlsInfo tls, Forwarding forwarding) {}
