package io.portward.core.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValidationUtil;
import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/**
 * Which bytes may stand in the parts of a header section (RFC 9113 §8.2, RFC 9110 §5). Pure functions.
 *
 * <p>Netty's own validation is off: it ends in an exception before the stream exists, so that a request body behind a refused header
 * section would take the whole connection down, and it lets surrounding whitespace pass.
 */
public final class FieldRules {

    /** tchar of RFC 9110 §5.6.2 without the upper-case letters, as two 64-bit sets. */
    private static final long LOWER_TOKEN_LOW = bits("!#$%&'*+-.0123456789", 0);

    private static final long LOWER_TOKEN_HIGH = bits("^_`abcdefghijklmnopqrstuvwxyz|~", 64);

    private FieldRules() {}

    private static long bits(String members, int base) {
        long bits = 0;
        for (int i = 0; i < members.length(); i++) {
            bits |= 1L << (members.charAt(i) - base);
        }
        return bits;
    }

    /** @return what is wrong with a regular field, or null */
    public static @Nullable String problem(AsciiString name, AsciiString value) {
        if (!isLowerToken(name)) {
            return "field name is not a lower-case token";
        }
        if (!isValue(value)) {
            return "control character or surrounding whitespace in a field value";
        }
        if (HttpHeaderValidationUtil.isConnectionHeader(name, true)) {
            return "connection-specific field";
        }
        if (HttpHeaderNames.TE.contentEquals(name) && !value.contentEqualsIgnoreCase("trailers")) {
            return "te other than trailers";
        }
        return null;
    }

    private static boolean isLowerToken(AsciiString name) {
        int length = name.length();
        for (int i = 0; i < length; i++) {
            int c = name.byteAt(i);
            long set = c < 0 ? 0 : c < 64 ? LOWER_TOKEN_LOW : LOWER_TOKEN_HIGH;
            if ((set & 1L << c) == 0) {
                return false;
            }
        }
        return length > 0;
    }

    private static boolean isValue(AsciiString value) {
        int length = value.length();
        for (int i = 0; i < length; i++) {
            int c = value.byteAt(i);
            // Bytes from 0x80 up (negative here) are obs-text, which is allowed.
            if ((c >= 0 && c < ' ' && c != '\t') || c == 0x7f) {
                return false;
            }
        }
        return length == 0 || (!isBlank(value.byteAt(0)) && !isBlank(value.byteAt(length - 1)));
    }

    private static boolean isBlank(byte c) {
        return c == ' ' || c == '\t';
    }

    public static boolean isToken(AsciiString method) {
        return !method.isEmpty() && HttpHeaderValidationUtil.validateToken(method) == -1;
    }

    /** Digits only, and few enough for a long. */
    public static boolean isContentLength(AsciiString value) {
        for (int i = 0; i < value.length(); i++) {
            byte c = value.byteAt(i);
            if (c < '0' || c > '9') {
                return false;
            }
        }
        return !value.isEmpty() && value.length() <= 18;
    }
}
