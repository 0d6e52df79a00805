package io.portward.core.http;

import io.netty.util.AsciiString;
import java.util.Arrays;

/**
 * The field names that servers commonly send, as shared instances: a copy of every name of every response was an eighth of all that was
 * allocated for a small HTTP/1 request, and lower-casing them for HTTP/2 took 4 % of its CPU.
 *
 * <p>Threading: immutable; any thread.
 */
public final class FieldNames {

    private static final String[] COMMON = {
        "Accept-Ranges",
        "Access-Control-Allow-Origin",
        "Age",
        "Allow",
        "Alt-Svc",
        "Cache-Control",
        "Connection",
        "Content-Disposition",
        "Content-Encoding",
        "Content-Language",
        "Content-Length",
        "Content-Range",
        "Content-Security-Policy",
        "Content-Type",
        "Date",
        "ETag",
        "Expires",
        "Keep-Alive",
        "Last-Modified",
        "Link",
        "Location",
        "Pragma",
        "Referrer-Policy",
        "Retry-After",
        "Server",
        "Set-Cookie",
        "Strict-Transport-Security",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "Vary",
        "Via",
        "WWW-Authenticate",
        "X-Content-Type-Options",
        "X-Frame-Options",
        "X-Powered-By",
        "X-Request-Id",
        "X-XSS-Protection",
    };

    /** Sparse, so that most names are found at the first look. A power of two. */
    private static final int SLOTS = 256;

    private static final AsciiString[] SPELLED = new AsciiString[SLOTS];

    /** For each slot of {@link #SPELLED} the same name in lower case. */
    private static final AsciiString[] LOWER = new AsciiString[SLOTS];

    static {
        for (String name : COMMON) {
            AsciiString spelled = AsciiString.cached(name);
            AsciiString lower = spelled.toLowerCase();
            put(spelled, lower);
            put(lower, lower);
        }
    }

    private FieldNames() {}

    private static void put(AsciiString spelled, AsciiString lower) {
        int slot = slot(spelled.array(), 0, spelled.length());
        while (SPELLED[slot] != null) {
            slot = next(slot);
        }
        SPELLED[slot] = spelled;
        LOWER[slot] = lower;
    }

    private static int next(int slot) {
        return (slot + 1) & (SLOTS - 1);
    }

    private static int slot(byte[] bytes, int start, int length) {
        return (length * 31 + bytes[start] * 17 + bytes[start + length - 1] * 7 + bytes[start + length / 2])
                & (SLOTS - 1);
    }

    /** The name in {@code bytes}, spelled as it is there; a copy unless it is a common one. */
    public static AsciiString of(byte[] bytes, int start, int length) {
        int slot = find(bytes, start, length);
        return slot < 0 ? new AsciiString(bytes, start, length, true) : SPELLED[slot];
    }

    /** {@code name} in lower case, itself if it is so. */
    public static AsciiString lowerCase(AsciiString name) {
        int slot = find(name.array(), name.arrayOffset(), name.length());
        return slot < 0 ? name.toLowerCase() : LOWER[slot];
    }

    /** @return a slot, negative if the name is not a common one */
    private static int find(byte[] bytes, int start, int length) {
        if (length == 0) {
            return -1;
        }
        int slot = slot(bytes, start, length);
        for (AsciiString name = SPELLED[slot]; name != null; name = SPELLED[slot]) {
            if (Arrays.equals(name.array(), 0, name.length(), bytes, start, start + length)) {
                return slot;
            }
            slot = next(slot);
        }
        return -1;
    }
}
