package io.portward.core.upstream;

import io.netty.handler.codec.http.DefaultHttpHeadersFactory;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import io.portward.core.http.FieldRules;
import org.jspecify.annotations.Nullable;

/**
 * A header section of a response as the HPACK decoder fills it: each field is checked and put straight into its HTTP/1 form.
 *
 * <p>As {@link Http2Headers} it holds what Netty's decoder looks at: {@code :status} and {@code content-length}. What is wrong
 * (RFC 9113 §8) is remembered, not thrown: the decoder has to read on to keep its table in step.
 */
final class ResponseFields extends DefaultHttp2Headers {

    private static final AsciiString STATUS = PseudoHeaderName.STATUS.value();

    private static final HttpHeadersFactory FIELDS =
            DefaultHttpHeadersFactory.headersFactory().withValidation(false);

    private final HttpHeaders fields = FIELDS.newHeaders();
    private int code;
    private boolean regularSeen;
    private boolean lengthSeen;
    private boolean announcesBody;
    private @Nullable String problem;

    private ResponseFields() {
        super(false, 4);
    }

    /** HPACK decoding into these. */
    static DefaultHttp2HeadersDecoder decoder(long maxHeaderListSize) {
        return new DefaultHttp2HeadersDecoder(false, maxHeaderListSize) {
            @Override
            protected Http2Headers newHeaders() {
                return new ResponseFields();
            }
        };
    }

    @Override
    public Http2Headers add(CharSequence name, CharSequence value) {
        if (problem == null) {
            AsciiString asciiName = AsciiString.of(name);
            AsciiString asciiValue = AsciiString.of(value);
            problem = !asciiName.isEmpty() && asciiName.byteAt(0) == ':'
                    ? pseudo(asciiName, asciiValue)
                    : regular(asciiName, asciiValue);
        }
        return this;
    }

    private @Nullable String pseudo(AsciiString name, AsciiString value) {
        if (regularSeen || code != 0 || !STATUS.contentEquals(name)) {
            return "pseudo-header that is unknown, repeated or late";
        }
        if (value.length() != 3 || !FieldRules.isContentLength(value) || value.byteAt(0) == '0') {
            return "no valid :status";
        }
        code = value.parseInt();
        super.add(STATUS, value);
        return null;
    }

    private @Nullable String regular(AsciiString name, AsciiString value) {
        regularSeen = true;
        String wrong = FieldRules.problem(name, value);
        if (wrong != null) {
            return wrong;
        }
        if (HttpHeaderNames.CONTENT_LENGTH.contentEquals(name)) {
            if (lengthSeen || !FieldRules.isContentLength(value)) {
                return "content-length is not one number";
            }
            lengthSeen = true;
            announcesBody = value.chars().anyMatch(digit -> digit != '0');
            super.add(name, value);
        }
        fields.add(name, value);
        return null;
    }

    /** @return why the head of a response cannot be this, or null */
    @Nullable
    String headProblem() {
        return problem == null && code == 0 ? "no :status" : problem;
    }

    /** @return why the trailers of a response cannot be this, or null */
    @Nullable
    String trailerProblem() {
        return problem == null && (code != 0 || lengthSeen) ? "field not allowed in trailers" : problem;
    }

    /** Whether content-length is more than 0. */
    boolean announcesBody() {
        return announcesBody;
    }

    int code() {
        return code;
    }

    HttpHeaders fields() {
        return fields;
    }
}
