package io.portward.core.http2;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DecoratingHttp2FrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2FrameWriter;
import io.netty.handler.codec.http2.Http2PromisedRequestVerifier;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import io.portward.config.model.LimitConfig;

/**
 * Netty's HTTP/2 codec for one connection, put together with our limits.
 *
 * @param guard the decoder's reader
 * @param headers the reader's header decoder
 */
record Http2Codec(
        Http2ConnectionDecoder decoder,
        Http2ConnectionEncoder encoder,
        Http2Settings settings,
        FloodGuard guard,
        RequestHeadersDecoder headers,
        ClosedStreams closedStreams) {

    /** RFC 9113 §6.5.2 advises no less than 100; each costs memory and a place in a backend's queue. */
    static final int MAX_STREAMS = 100;

    /** What a stalled upload may hold. At 50 ms of round trip an upload still runs with 5 MB/s. */
    static final int STREAM_WINDOW = 256 * 1024;

    /** What all stalled uploads of a connection may hold: four full streams, so that one or two of them do not stop the others. */
    static final int CONNECTION_WINDOW = 1024 * 1024;

    /** CVE-2024-27316: header blocks in many small CONTINUATION frames. Honest ones are full frames but the last. */
    private static final int MAX_SMALL_CONTINUATIONS = 8;

    /** RFC 9218 §2.1: priorities of RFC 7540 are not used here. */
    private static final char SETTINGS_NO_RFC7540_PRIORITIES = 0x9;

    /** One full frame: smaller shares would only add frame headers and records. */
    private static final int MIN_SHARE = 16 * 1024;

    static Http2Codec create(LimitConfig limits) {
        Http2Connection connection = new DefaultHttp2Connection(true, 0);
        connection.remote().maxActiveStreams(MAX_STREAMS);
        connection.local().flowController(new DefaultHttp2LocalFlowController(connection));
        UniformStreamByteDistributor distributor = new UniformStreamByteDistributor(connection);
        distributor.minAllocationChunk(MIN_SHARE);
        connection.remote().flowController(new DefaultHttp2RemoteFlowController(connection, distributor));

        ClosedStreams closedStreams = new ClosedStreams();
        RequestHeadersDecoder headers = new RequestHeadersDecoder(limits.headerBytes());
        FloodGuard guard = new FloodGuard(
                new DefaultHttp2FrameReader(headers, MAX_SMALL_CONTINUATIONS), connection, closedStreams);
        Http2ConnectionEncoder encoder =
                new ControlFrameLimitEncoder(new DefaultHttp2ConnectionEncoder(connection, writer(guard)));
        // Acknowledgements of SETTINGS and PING are left to Netty; validation is RequestHeaders'.
        Http2ConnectionDecoder decoder = new DefaultHttp2ConnectionDecoder(
                connection, encoder, guard, Http2PromisedRequestVerifier.ALWAYS_VERIFY, true, true, false, false);
        return new Http2Codec(decoder, encoder, settings(limits), guard, headers, closedStreams);
    }

    private static Http2FrameWriter writer(FloodGuard guard) {
        return new DecoratingHttp2FrameWriter(new DefaultHttp2FrameWriter(ResponseHeaders::isSensitive, true)) {
            @Override
            public ChannelFuture writeData(
                    ChannelHandlerContext ctx,
                    int streamId,
                    ByteBuf data,
                    int padding,
                    boolean endStream,
                    ChannelPromise promise) {
                guard.sentFrame(data.readableBytes());
                return super.writeData(ctx, streamId, data, padding, endStream, promise);
            }
        };
    }

    private static Http2Settings settings(LimitConfig limits) {
        Http2Settings settings = new Http2Settings()
                .maxConcurrentStreams(MAX_STREAMS)
                .initialWindowSize(STREAM_WINDOW)
                .maxHeaderListSize(limits.headerBytes());
        settings.put(SETTINGS_NO_RFC7540_PRIORITIES, Long.valueOf(1));
        return settings;
    }
}
