package io.portward.core.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/** Reads single cookies of a request (RFC 6265 §4.2.1) without decoding the others. */
public final class Cookies {

    private Cookies() {}

    /** The value of the first cookie with this name, as it was sent; null when there is none. Names are compared with case (RFC 6265 §5.4). */
    public static @Nullable String find(HttpHeaders headers, String name) {
        for (String field : headers.getAll(HttpHeaderNames.COOKIE)) {
            String value = find(field, name);
            if (value != null) {
                return value;
            }
        }
        return null;
    }

    private static @Nullable String find(String field, String name) {
        int from = 0;
        while (from < field.length()) {
            int semicolon = field.indexOf(';', from);
            int end = semicolon < 0 ? field.length() : semicolon;
            int begin = from;
            while (begin < end && (field.charAt(begin) == ' ' || field.charAt(begin) == '\t')) {
                begin++;
            }
            int equals = begin + name.length();
            if (equals < end && field.charAt(equals) == '=' && field.startsWith(name, begin)) {
                return field.substring(equals + 1, end).strip();
            }
            from = end + 1;
        }
        return null;
    }
}
