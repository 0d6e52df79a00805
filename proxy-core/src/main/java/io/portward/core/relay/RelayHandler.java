package io.portward.core.relay;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
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
    private boolean cut;

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
        if (event == ChannelInputShutdownEvent.INSTANCE && ctx.pipeline().get(SslHandler.class) != null) {
            if (!inputEnded) {
                cut = true;
                // FIN without close_notify: anybody on the way can send that, so it is a cut and no end (RFC 8446
                // §6.1).
                ctx.close();
            }
            return;
        }
        // The last one is close_notify from a server that is spoken to over TLS; Netty also says so when it closes
        // itself.
        if (!cut
                && (event instanceof InputClosed
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
