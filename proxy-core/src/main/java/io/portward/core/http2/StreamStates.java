package io.portward.core.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;

/**
 * Decides what becomes of DATA and HEADERS for a stream that takes them no more (RFC 9113 §5.1), before Netty's decoder does.
 *
 * <p>What was on its way to a stream we have reset or refused passes unnoticed, and its credit is given back (§6.8). Netty would answer
 * each frame with another reset, and close the connection if the stream was refused before it existed. Headers that no client
 * may send end the stream or, where there is none any more, the connection; Netty knows too little to tell them apart.
 */
final class StreamStates extends Http2FrameListenerDecorator {

    private final Http2FrameListener decoder;
    private final Http2Connection connection;
    private final ClosedStreams closedStreams;
    private final FloodGuard guard;

    StreamStates(
            Http2FrameListener decoder, Http2Connection connection, ClosedStreams closedStreams, FloodGuard guard) {
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
        if (!isLate(streamId)) {
            return super.onDataRead(ctx, streamId, data, padding, endOfStream);
        }
        guard.charge(1);
        connection.local().flowController().receiveFlowControlledFrame(null, data, padding, endOfStream);
        return data.readableBytes() + padding;
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean endOfStream)
            throws Http2Exception {
        if (takesHeaders(streamId)) {
            super.onHeadersRead(ctx, streamId, headers, padding, endOfStream);
        }
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext ctx,
            int streamId,
            Http2Headers headers,
            int streamDependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean endOfStream)
            throws Http2Exception {
        if (takesHeaders(streamId)) {
            super.onHeadersRead(ctx, streamId, headers, streamDependency, weight, exclusive, padding, endOfStream);
        }
    }

    private boolean isLate(int streamId) {
        return connection.stream(streamId) == null && closedStreams.contains(streamId);
    }

    private boolean takesHeaders(int streamId) throws Http2Exception {
        Http2Stream stream = connection.stream(streamId);
        if (stream != null) {
            if (stream.state() == Http2Stream.State.HALF_CLOSED_REMOTE) {
                throw Http2Exception.streamError(
                        streamId, Http2Error.STREAM_CLOSED, "headers after the end of stream %d", streamId);
            }
            return true;
        }
        if (closedStreams.contains(streamId)) {
            guard.charge(1);
            return false;
        }
        if (connection.remote().mayHaveCreatedStream(streamId)) {
            // Finished, or passed over and closed by that (§5.1.1).
            throw Http2Exception.connectionError(
                    Http2Error.STREAM_CLOSED, "headers of stream %d, which is closed", streamId);
        }
        return true;
    }
}
