package io.portward.core.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;

/**
 * Takes the frames that Netty's decoder found in order, and hands them to their {@link UpstreamStream}.
 *
 * <p>Threading: the event loop of the connection.
 */
final class ResponseReader extends Http2FrameAdapter {

    private final MultiplexedConnection connection;

    ResponseReader(MultiplexedConnection connection) {
        this.connection = connection;
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext ctx, Http2Settings settings) {
        connection.settingsRead();
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
            boolean endOfStream) {
        onHeadersRead(ctx, streamId, headers, padding, endOfStream);
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean endOfStream) {
        UpstreamStream stream = connection.stream(streamId);
        if (stream != null) {
            connection.touch(stream);
            stream.headers((ResponseFields) headers, endOfStream);
        }
    }

    @Override
    public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream) {
        UpstreamStream stream = connection.stream(streamId);
        if (stream == null) {
            return data.readableBytes() + padding;
        }
        connection.touch(stream);
        return stream.data(data, padding, endOfStream);
    }

    /** The end of the stream itself is told by Netty, next. */
    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) {
        UpstreamStream stream = connection.stream(streamId);
        if (stream != null) {
            stream.wasReset(errorCode);
        }
    }
}
