package io.portward.core.http2;

import io.netty.util.AsciiString;
import org.jspecify.annotations.Nullable;

/**
 * Reads the authority of a request: host and optional port, nothing else.
 *
 * <p>Stricter than the reg-name of RFC 3986 §3.2.2: a host is letters, digits, {@code -}, {@code .} and {@code _}, or an IP literal in
 * brackets. Percent-encoding and sub-delimiters have no use in the name of a web host, and two readers may take them differently.
 */
final class Authority {

    /** The longest DNS name in text form without its last dot (RFC 1035 §2.3.4). */
    private static final int MAX_HOST = 253;

    private Authority() {}

    /** @return the host in lower case without port and trailing dot; null when this is no valid authority (user information included) */
    static @Nullable String hostOf(AsciiString authority) {
        if (authority.isEmpty()) {
            return null;
        }
        int end = authority.byteAt(0) == '[' ? endOfLiteral(authority) : endOfName(authority);
        if (end <= 0 || !isPort(authority, end)) {
            return null;
        }
        if (authority.byteAt(end - 1) == '.') {
            end--;
        }
        if (end == 0 || end > MAX_HOST) {
            return null;
        }
        return authority.subSequence(0, end, false).toLowerCase().toString();
    }

    /** @return the index after the closing bracket, or -1 */
    private static int endOfLiteral(AsciiString authority) {
        for (int i = 1; i < authority.length(); i++) {
            byte c = authority.byteAt(i);
            if (c == ']') {
                return i > 2 ? i + 1 : -1;
            }
            boolean hex = isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
            if (!hex && c != ':' && c != '.') {
                return -1;
            }
        }
        return -1;
    }

    /** @return the index of the colon or the end, or -1 */
    private static int endOfName(AsciiString authority) {
        int length = authority.length();
        for (int i = 0; i < length; i++) {
            byte c = authority.byteAt(i);
            if (c == ':') {
                return i;
            }
            boolean letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            boolean emptyLabel = c == '.' && (i == 0 || authority.byteAt(i - 1) == '.');
            if (emptyLabel || !letter && !isDigit(c) && c != '-' && c != '.' && c != '_') {
                return -1;
            }
        }
        return length;
    }

    /** Whether the rest is empty, or a colon and at most a port number. */
    private static boolean isPort(AsciiString authority, int start) {
        if (start == authority.length()) {
            return true;
        }
        if (authority.byteAt(start) != ':') {
            return false;
        }
        int port = 0;
        for (int i = start + 1; i < authority.length(); i++) {
            byte c = authority.byteAt(i);
            if (!isDigit(c)) {
                return false;
            }
            port = port * 10 + c - '0';
            if (port > 65535) {
                return false;
            }
        }
        return true;
    }

    private static boolean isDigit(byte c) {
        return c >= '0' && c <= '9';
    }
}
