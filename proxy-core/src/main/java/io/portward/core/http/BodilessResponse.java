package io.portward.core.http;

import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;

/** The head of a response that ended with it, though nothing in it says so: HTTP/2 can, and gRPC tells errors in this way. */
public final class BodilessResponse extends DefaultHttpResponse {

    public BodilessResponse(HttpVersion version, HttpResponseStatus status, HttpHeaders headers) {
        super(version, status, headers);
    }
}
