package io.portward.core.http;

import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.portward.config.model.LimitConfig;
import io.portward.core.error.ErrorKind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Refuses HTTP/1 requests that two readers could take for different ones, before anything else looks at their headers.
 *
 * <p>Netty's decoder has refused most already (Content-Length beside Transfer-Encoding, several or signed lengths, bare CR and LF, NUL,
 * space before the colon); what it lets pass and a proxy must not is refused here.
 */
public final class FramingGuard {

    private FramingGuard() {}

    /** Null when the request head may be processed. */
    public static @Nullable ErrorKind check(HttpRequest request, LimitConfig limits) {
        DecoderResult decoded = request.decoderResult();
        if (decoded.isFailure()) {
            return ofDecoder(decoded.cause());
        }
        if (!isHttp1(request.protocolVersion()) || !hasSoundFraming(request) || !hasOneHost(request)) {
            return ErrorKind.MALFORMED_REQUEST;
        }
        return RequestRules.check(request.method(), request.uri().length(), request.headers(), limits);
    }

    private static ErrorKind ofDecoder(Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return ErrorKind.URI_TOO_LONG;
        }
        return cause instanceof TooLongHttpHeaderException ? ErrorKind.HEADERS_TOO_LARGE : ErrorKind.MALFORMED_REQUEST;
    }

    /** A higher minor version is read as 1.1 (RFC 9110 §2.5); another major one has other framing. */
    private static boolean isHttp1(HttpVersion version) {
        return version.majorVersion() == 1 && "HTTP".equals(version.protocolName());
    }

    /**
     * Exactly {@code chunked}, once, and never on HTTP/1.0 (RFC 9112 §6.1): other codings would have to be understood to know where the
     * message ends.
     */
    private static boolean hasSoundFraming(HttpRequest request) {
        HttpHeaders headers = request.headers();
        if (!headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
            return true;
        }
        List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
        return codings.size() == 1
                && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings.get(0))
                && !HttpVersion.HTTP_1_0.equals(request.protocolVersion())
                && !headers.contains(HttpHeaderNames.CONTENT_LENGTH);
    }

    /** RFC 9112 §3.2: HTTP/1.1 needs one Host; HTTP/1.0 may do without. */
    private static boolean hasOneHost(HttpRequest request) {
        HttpHeaders headers = request.headers();
        if (!headers.contains(HttpHeaderNames.HOST)) {
            return HttpVersion.HTTP_1_0.equals(request.protocolVersion());
        }
        return headers.getAll(HttpHeaderNames.HOST).size() == 1;
    }
}
