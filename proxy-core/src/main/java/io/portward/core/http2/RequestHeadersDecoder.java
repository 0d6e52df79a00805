package io.portward.core.http2;

import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Headers;

/** HPACK decoding into {@link RequestHeaders}. */
final class RequestHeadersDecoder extends DefaultHttp2HeadersDecoder {

    private RequestHeaders latest = new RequestHeaders();

    RequestHeadersDecoder(long maxHeaderListSize) {
        super(false, maxHeaderListSize);
    }

    @Override
    protected Http2Headers newHeaders() {
        latest = new RequestHeaders();
        return latest;
    }

    /** What was read last: the only trace of a section that was given up for its size. */
    RequestHeaders latest() {
        return latest;
    }
}
