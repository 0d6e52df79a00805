package io.portward.core.transport;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.util.function.LongConsumer;

/** Counts the bytes of a connection that has no TLS layer to do it. Threading: the event loop. */
public final class ByteCounter extends ChannelDuplexHandler {

    private final LongConsumer in;
    private final LongConsumer out;

    public ByteCounter(LongConsumer in, LongConsumer out) {
        this.in = in;
        this.out = out;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        in.accept(((ByteBuf) message).readableBytes());
        ctx.fireChannelRead(message);
    }

    @Override
    public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
        out.accept(((ByteBuf) message).readableBytes());
        ctx.write(message, promise);
    }
}
