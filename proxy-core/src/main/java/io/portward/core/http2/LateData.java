package io.portward.core.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;

/**
 * Lets DATA pass unnoticed that was on its way to a stream we have reset or refused, and gives its credit back (RFC 9113 §5.1, §6.8).
 * Netty's decoder would answer each frame with another reset, and close the connection if the stream was refused before it existed.
 */
final class LateData extends Http2FrameListenerDecorator {

    private final Http2FrameListener decoder;
    private final Http2Connection connection;
    private final ClosedStreams closedStreams;
    private final FloodGuard guard;

    LateData(Http2FrameListener decoder, Http2Connection connection, ClosedStreams closedStreams, FloodGuard guard) {
        super(decoder);
        this.decoder = decoder;
        this.connection = connection;
        this.closedStreams = closedStreams;
        this.guard = guard;
    }

    boolean wraps(Http2FrameListener other) {
        return decoder == other;
    }

    @Override
    public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream)
            throws Http2Exception {
        if (connection.stream(streamId) != null || !closedStreams.contains(streamId)) {
            return super.onDataRead(ctx, streamId, data, padding, endOfStream);
        }
        guard.charge(1);
        connection.local().flowController().receiveFlowControlledFrame(null, data, padding, endOfStream);
        return data.readableBytes() + padding;
    }
}
