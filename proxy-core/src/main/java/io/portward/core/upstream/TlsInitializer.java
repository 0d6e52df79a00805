package io.portward.core.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;

/** Puts TLS under a connection to a server, and under TLS what goes before it. Threading: the event loop. */
final class TlsInitializer extends ChannelInitializer<Channel> {

    private final ServerTls tls;
    private final Opening opening;

    TlsInitializer(ServerTls tls, Opening opening) {
        this.tls = tls;
        this.opening = opening;
    }

    @Override
    protected void initChannel(Channel channel) {
        ByteBuf preface = opening.preface(channel.alloc());
        if (preface.isReadable()) {
            channel.pipeline().addLast(new Preface(preface));
        }
        channel.pipeline()
                .addLast(tls.newHandler(channel.alloc()))
                .addLast(new Handshake())
                .addLast(opening.handler());
    }

    /** Keeps a failed handshake, of which whoever dials hears, from those who come after it; removes itself when it has succeeded. */
    private static final class Handshake extends ChannelInboundHandlerAdapter {

        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof SslHandshakeCompletionEvent handshake && handshake.isSuccess()) {
                ctx.pipeline().remove(this);
            }
            ctx.fireUserEventTriggered(event);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            ctx.close();
        }
    }

    /** Sends some bytes before any other handler can, then removes itself. */
    private static final class Preface extends ChannelInboundHandlerAdapter {

        private final ByteBuf bytes;
        private boolean sent;

        Preface(ByteBuf bytes) {
            this.bytes = bytes;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            sent = true;
            ctx.write(bytes, ctx.voidPromise());
            ctx.fireChannelActive();
            ctx.pipeline().remove(this);
        }

        @Override
        public void handlerRemoved(ChannelHandlerContext ctx) {
            if (!sent) {
                sent = true;
                bytes.release();
            }
        }
    }
}
