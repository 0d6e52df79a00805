package io.portward.core.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValidationUtil;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;

/**
 * Header sections from their HTTP/1 form to what HTTP/2 sends: lower-case names (RFC 9113 §8.2.1), nothing about the connection (§8.2.2).
 *
 * <p>One for each connection and direction. Threading: its event loop.
 */
public final class FieldPairs {

    /** For the fields of one site's ordinary messages; two that meet only push each other out. A power of two. */
    private static final int SLOTS = 16;

    /** Longer values hardly repeat. */
    private static final int MAX_REMEMBERED = 64;

    /**
     * The values sent last, by name, and what they were made from: Server, Date, Content-Type and their like are the same again and again, and
     * HPACK wants bytes and their hash.
     */
    private final String[] lastText = new String[SLOTS];

    private final AsciiString[] lastValue = new AsciiString[SLOTS];

    private final boolean ofRequests;

    /** @param ofRequests whose Host has its place in {@code :authority}, and which may say TE (RFC 9113 §8.2.2) */
    public FieldPairs(boolean ofRequests) {
        this.ofRequests = ofRequests;
    }

    /** Name, value, name, value. */
    public AsciiString[] of(HttpHeaders headers) {
        AsciiString[] pairs = new AsciiString[headers.size() * 2];
        int next = 0;
        Iterator<Map.Entry<CharSequence, CharSequence>> fields = headers.iteratorCharSequence();
        while (fields.hasNext()) {
            Map.Entry<CharSequence, CharSequence> field = fields.next();
            AsciiString name = FieldNames.lowerCase(AsciiString.of(field.getKey()));
            if (!HttpHeaderValidationUtil.isConnectionHeader(name, ofRequests)
                    && !(ofRequests && HttpHeaderNames.HOST.contentEquals(name))) {
                pairs[next++] = name;
                pairs[next++] = bytes(name, field.getValue());
            }
        }
        return next == pairs.length ? pairs : Arrays.copyOf(pairs, next);
    }

    private AsciiString bytes(AsciiString name, CharSequence value) {
        if (!(value instanceof String text) || text.length() > MAX_REMEMBERED) {
            return AsciiString.of(value);
        }
        int slot = name.hashCode() & (SLOTS - 1);
        if (!text.equals(lastText[slot])) {
            lastText[slot] = text;
            lastValue[slot] = new AsciiString(text);
        }
        return lastValue[slot];
    }
}
