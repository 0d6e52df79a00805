package io.portward.core.connection;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.portward.config.model.ListenAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the operator in one line that a port cannot accept, mostly for lack of descriptors. Netty pauses the port for a second before it tries
 * again, which bounds the lines too. At the end of the listening channel's pipeline.
 */
final class AcceptFailureHandler extends ChannelInboundHandlerAdapter {

    private static final Logger LOG = LoggerFactory.getLogger(AcceptFailureHandler.class);

    private final ListenAddress address;

    AcceptFailureHandler(ListenAddress address) {
        this.address = address;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        LOG.warn("port {}: cannot accept connections: {}", address, cause.getMessage());
    }
}
