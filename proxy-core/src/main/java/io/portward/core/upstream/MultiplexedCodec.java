package io.portward.core.upstream;

import io.netty.handler.codec.http.HttpHeaderNames;
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
import io.netty.handler.codec.http2.Http2PromisedRequestVerifier;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import io.netty.util.AsciiString;
import io.portward.config.model.LimitConfig;
import java.util.Set;

/** Netty's HTTP/2 codec for the client's end of one connection, put together with our limits. */
record MultiplexedCodec(Http2ConnectionDecoder decoder, Http2ConnectionEncoder encoder, Http2Settings settings) {

    /** As many as common servers allow; beyond it another connection is as cheap as the queues in this one. */
    static final int MAX_STREAMS = 100;

    /** What a slow client may make us hold of one response. */
    static final int STREAM_WINDOW = 256 * 1024;

    /** Room for every stream's window: clients that do not take their responses hold up nobody else's on the same connection. */
    static final int CONNECTION_WINDOW = MAX_STREAMS * STREAM_WINDOW;

    /** CVE-2024-27316: header blocks in many small CONTINUATION frames. */
    private static final int MAX_SMALL_CONTINUATIONS = 8;

    /** RFC 9218 §2.1: priorities of RFC 7540 are not used here. */
    private static final char SETTINGS_NO_RFC7540_PRIORITIES = 0x9;

    /** One full frame: smaller shares would only add frame headers and records. */
    private static final int MIN_SHARE = 16 * 1024;

    /**
     * RFC 7541 §7.1: secrets of several clients share this connection's compression table, where one could be guessed by its effect on sizes; and
     * what differs with each client would only push out what repeats.
     */
    private static final Set<AsciiString> NEVER_INDEXED = Set.of(
            HttpHeaderNames.AUTHORIZATION,
            HttpHeaderNames.COOKIE,
            AsciiString.cached("forwarded"),
            AsciiString.cached("x-forwarded-for"),
            AsciiString.cached("x-request-id"));

    static MultiplexedCodec create(LimitConfig limits) {
        Http2Connection connection = new DefaultHttp2Connection(false, 0);
        connection.local().flowController(new DefaultHttp2LocalFlowController(connection));
        UniformStreamByteDistributor distributor = new UniformStreamByteDistributor(connection);
        distributor.minAllocationChunk(MIN_SHARE);
        connection.remote().flowController(new DefaultHttp2RemoteFlowController(connection, distributor));
        Http2ConnectionEncoder encoder = new DefaultHttp2ConnectionEncoder(
                connection,
                new DefaultHttp2FrameWriter((name, value) -> NEVER_INDEXED.contains(AsciiString.of(name)), true));
        // Acknowledgements of SETTINGS and PING are left to Netty; validation is that of ResponseFields.
        Http2ConnectionDecoder decoder = new DefaultHttp2ConnectionDecoder(
                connection,
                encoder,
                new DefaultHttp2FrameReader(ResponseFields.decoder(limits.headerBytes()), MAX_SMALL_CONTINUATIONS),
                Http2PromisedRequestVerifier.ALWAYS_VERIFY,
                true,
                true,
                false,
                false);
        Http2Settings settings = new Http2Settings()
                .pushEnabled(false)
                .initialWindowSize(STREAM_WINDOW)
                .maxHeaderListSize(limits.headerBytes());
        settings.put(SETTINGS_NO_RFC7540_PRIORITIES, Long.valueOf(1));
        return new MultiplexedCodec(decoder, encoder, settings);
    }
}
