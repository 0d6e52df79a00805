package io.portward.core.http;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.util.AsciiString;
import io.portward.core.error.ErrorKind;

/** What gRPC asks of those in between (its "Protocol HTTP2" and "HTTP to gRPC status code mapping"). Pure functions. */
public final class Grpc {

    private static final String TYPE = "application/grpc";

    private static final AsciiString GRPC_STATUS = AsciiString.cached("grpc-status");
    private static final AsciiString GRPC_MESSAGE = AsciiString.cached("grpc-message");

    private static final int CANCELLED = 1;
    private static final int UNKNOWN = 2;
    private static final int PERMISSION_DENIED = 7;
    private static final int RESOURCE_EXHAUSTED = 8;
    private static final int UNIMPLEMENTED = 12;
    private static final int INTERNAL = 13;
    private static final int UNAVAILABLE = 14;

    private Grpc() {}

    /** Whether these are the headers of a gRPC request. gRPC-Web is another protocol, which needs no trailers. */
    public static boolean isRequest(HttpHeaders headers) {
        String type = headers.get(HttpHeaderNames.CONTENT_TYPE);
        if (type == null || !type.regionMatches(true, 0, TYPE, 0, TYPE.length())) {
            return false;
        }
        char next = type.length() == TYPE.length() ? ';' : type.charAt(TYPE.length());
        return next == '+' || next == ';' || next == ' ';
    }

    /**
     * An error of Portward's own, in a header section alone ("Trailers-Only"). The caller owns the result.
     *
     * @param resetCode by which the server has ended the request (RFC 9113 §7); negative when it has not
     */
    public static FullHttpResponse errorReply(ErrorKind kind, long resetCode, AsciiString requestId) {
        int status = resetCode < 0 ? statusOf(kind) : statusOf(resetCode);
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK, Unpooled.EMPTY_BUFFER);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, TYPE)
                .set(GRPC_STATUS, Integer.toString(status))
                .set(GRPC_MESSAGE, kind.status() + " " + kind.reason() + ", request id " + requestId)
                .set(Forwarding.X_REQUEST_ID, requestId);
        return response;
    }

    /** What a client makes of the same status without gRPC in it. */
    private static int statusOf(ErrorKind kind) {
        return switch (kind.status()) {
            case 400 -> INTERNAL;
            case 404 -> UNIMPLEMENTED;
            case 413, 431 -> RESOURCE_EXHAUSTED;
            case 429, 502, 503, 504 -> UNAVAILABLE;
            default -> UNKNOWN;
        };
    }

    private static int statusOf(long resetCode) {
        if (resetCode == Http2Error.REFUSED_STREAM.code()) {
            return UNAVAILABLE;
        }
        if (resetCode == Http2Error.CANCEL.code()) {
            return CANCELLED;
        }
        if (resetCode == Http2Error.ENHANCE_YOUR_CALM.code()) {
            return RESOURCE_EXHAUSTED;
        }
        return resetCode == Http2Error.INADEQUATE_SECURITY.code() ? PERMISSION_DENIED : INTERNAL;
    }
}
