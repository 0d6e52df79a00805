package io.portward.core.http2;

import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder;
import io.netty.handler.codec.http2.DefaultHttp2ConnectionEncoder;
import io.netty.handler.codec.http2.DefaultHttp2FrameReader;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2LocalFlowController;
import io.netty.handler.codec.http2.DefaultHttp2RemoteFlowController;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2PromisedRequestVerifier;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.UniformStreamByteDistributor;
import io.portward.core.exchange.HttpService;
import io.portward.core.observe.ConnectionInfo;
import io.portward.core.observe.TlsInfo;
import io.portward.core.transport.Deadline;
import io.portward.core.transport.DeadlineWheel;
import org.jspecify.annotations.Nullable;

/** Puts HTTP/2 into the pipeline of a client that has agreed on it. */
public final class Http2FrontEnd {

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

    private Http2FrontEnd() {}

    /**
     * Appends the handler that serves this connection. Below it there has to be TLS or nothing: it reads and writes bytes. To drain the
     * connection, fire {@link io.portward.core.transport.DrainEvent}; {@code close()} cuts it.
     *
     * @param tls null on a plain port
     * @param wheel of the event loop the channel lives on
     */
    public static void addTo(
            ChannelPipeline pipeline, HttpService service, ConnectionInfo info, @Nullable TlsInfo tls, DeadlineWheel wheel) {
        Http2Connection connection = new DefaultHttp2Connection(true, 0);
        connection.remote().maxActiveStreams(MAX_STREAMS);
        connection.local().flowController(new DefaultHttp2LocalFlowController(connection));
        UniformStreamByteDistributor distributor = new UniformStreamByteDistributor(connection);
        distributor.minAllocationChunk(MIN_SHARE);
        connection.remote().flowController(new DefaultHttp2RemoteFlowController(connection, distributor));

        Http2ConnectionEncoder encoder = new ControlFrameLimitEncoder(new DefaultHttp2ConnectionEncoder(
                connection, new DefaultHttp2FrameWriter(ResponseHeaders::isSensitive, true)));
        RequestHeadersDecoder headers = new RequestHeadersDecoder(service.limits().headerBytes());
        Http2Handler[] handler = new Http2Handler[1];
        Deadline headersDeadline = wheel.create(() -> handler[0].headersTimedOut());
        FloodGuard guard = new FloodGuard(
                new DefaultHttp2FrameReader(headers, MAX_SMALL_CONTINUATIONS),
                headersDeadline,
                service.port().timeouts().headers().toNanos());
        DefaultHttp2ConnectionDecoder decoder = new DefaultHttp2ConnectionDecoder(
                connection, encoder, guard, Http2PromisedRequestVerifier.ALWAYS_VERIFY, true, true, false, false);

        handler[0] = new Http2Handler(decoder, encoder, settings(service), guard, headers, service, info, tls, wheel);
        decoder.frameListener(new RequestReader(handler[0]));
        pipeline.addLast("http2", handler[0]);
    }

    private static Http2Settings settings(HttpService service) {
        Http2Settings settings = new Http2Settings()
                .maxConcurrentStreams(MAX_STREAMS)
                .initialWindowSize(STREAM_WINDOW)
                .maxHeaderListSize(service.limits().headerBytes());
        settings.put(SETTINGS_NO_RFC7540_PRIORITIES, Long.valueOf(1));
        return settings;
    }
}
