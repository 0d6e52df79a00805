package io.portward.core.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the frames that Netty's decoder found in order, and hands them to the exchange of their stream.
 *
 * <p>Threading: the event loop of the connection.
 */
final class RequestReader extends Http2FrameAdapter {

    private static final Logger log = LoggerFactory.getLogger(RequestReader.class);

    private final Http2Handler handler;

    RequestReader(Http2Handler handler) {
        this.handler = handler;
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
        // Priorities of RFC 7540 are deprecated and not used.
        onHeadersRead(ctx, streamId, headers, padding, endOfStream);
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext ctx, int streamId, Http2Headers headers, int padding, boolean endOfStream) {
        Http2Stream stream = handler.connection().stream(streamId);
        RequestHeaders fields = (RequestHeaders) headers;
        Http2Exchange exchange = handler.exchange(stream);
        String problem;
        if (exchange == null) {
            fields.finish();
            problem = fields.problem();
        } else {
            problem = endOfStream ? fields.trailerProblem() : "trailers without END_STREAM";
        }
        if (problem != null) {
            log.debug("{} stream {}: {}", ctx.channel(), streamId, problem);
            handler.reset(stream, Http2Error.PROTOCOL_ERROR);
        } else if (exchange == null) {
            handler.newExchange(stream).start(fields, endOfStream);
        } else {
            exchange.requestTrailers(fields.fields());
        }
    }

    @Override
    public int onDataRead(ChannelHandlerContext ctx, int streamId, ByteBuf data, int padding, boolean endOfStream) {
        Http2Exchange exchange = handler.exchange(handler.connection().stream(streamId));
        return exchange == null ? data.readableBytes() + padding : exchange.requestData(data, padding, endOfStream);
    }

    @Override
    public void onRstStreamRead(ChannelHandlerContext ctx, int streamId, long errorCode) {
        Http2Exchange exchange = handler.exchange(handler.connection().stream(streamId));
        if (exchange != null) {
            exchange.gone();
        }
    }

    @Override
    public void onWindowUpdateRead(ChannelHandlerContext ctx, int streamId, int windowSizeIncrement) {
        if (streamId == 0) {
            handler.taken().credit(windowSizeIncrement);
            return;
        }
        Http2Exchange exchange = handler.exchange(handler.connection().stream(streamId));
        if (exchange != null) {
            exchange.credited(windowSizeIncrement);
        }
    }

    @Override
    public void onPingAckRead(ChannelHandlerContext ctx, long data) {
        handler.pingAnswered(data);
    }
}
