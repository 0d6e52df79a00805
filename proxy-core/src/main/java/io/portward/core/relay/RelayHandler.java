package io.portward.core.relay;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.portward.core.transport.InputClosed;

/**
 * One side of a {@link Relay}: reads bytes, writes them to the peer, stops reading while the peer is not writable.
 *
 * <p>Threading: the event loop of both channels. Ownership: what is read passes to the peer's pipeline.
 */
final class RelayHandler extends ChannelInboundHandlerAdapter {

    private final Relay relay;
    private final Channel peer;
    private boolean inputEnded;

    RelayHandler(Relay relay, Channel peer) {
        this.relay = relay;
        this.peer = peer;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        peer.write(message, peer.voidPromise());
        if (!peer.isWritable()) {
            peer.flush();
            ctx.channel().config().setAutoRead(peer.isWritable());
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        relay.moved();
        peer.flush();
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        if (ctx.channel().isWritable()) {
            relay.moved();
            peer.config().setAutoRead(true);
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        // The last one is close_notify from a server that is spoken to over TLS.
        if ((event instanceof InputClosed
                        || event == ChannelInputShutdownEvent.INSTANCE
                        || event == SslCloseCompletionEvent.SUCCESS)
                && !inputEnded) {
            inputEnded = true;
            peer.flush();
            relay.inputEnded(peer);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        peer.flush();
        relay.closed(peer, inputEnded);
    }

    /** A reset or a broken record: there is nobody left to tell, and {@code channelInactive} does the rest. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        relay.failed(cause);
        ctx.close();
    }
}
