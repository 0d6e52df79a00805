package io.portward.config.model;

import java.net.InetAddress;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where a port listens.
 *
 * @param text as the operator wrote it; the `port` label of every metric
 * @param host a literal IPv4 or IPv6 address without brackets; null means every address of both families on one socket
 * @param port 0 lets the kernel choose
 */
public record ListenAddress(String text, @Nullable String host, int port) {

    private static final String EXPECTED = " (expected: 443, 0.0.0.0:443, \"[::]:443\" or 127.0.0.1:0)";

    public ListenAddress {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port: " + port + " (expected: 0 to 65535)");
        }
    }

    /**
     * Reads {@code 443}, {@code 0.0.0.0:443}, {@code [::]:443} or {@code 127.0.0.1:0}.
     *
     * @throws IllegalArgumentException with a message for the operator
     */
    public static ListenAddress parse(String text) {
        if (PortNumber.looksLikeOne(text)) {
            return new ListenAddress(text, null, PortNumber.parse(text, 0));
        }
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw new IllegalArgumentException("'" + text + "' names no port" + EXPECTED);
        }
        String host = text.substring(0, colon);
        if (host.isEmpty() || host.equals("*")) {
            throw new IllegalArgumentException(
                    "'" + text + "': write only " + text.substring(colon + 1) + " to listen on every address");
        }
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        String literal = bracketed ? host.substring(1, host.length() - 1) : host;
        InetAddress address = IpLiteral.parse(literal);
        if (address == null) {
            throw new IllegalArgumentException("'" + host + "' is not a literal address of this machine" + EXPECTED);
        }
        if (bracketed != literal.contains(":")) {
            throw new IllegalArgumentException(
                    "'" + text + "': an IPv6 address goes in brackets, and nothing else" + EXPECTED);
        }
        int port = PortNumber.parse(text.substring(colon + 1), 0);
        return new ListenAddress(text, literal.toLowerCase(Locale.ROOT), port);
    }

    /** Whether only this machine can connect. */
    public boolean isLoopback() {
        InetAddress address = host == null ? null : IpLiteral.parse(host);
        return address != null && address.isLoopbackAddress();
    }

    @Override
    public String toString() {
        return text;
    }
}
