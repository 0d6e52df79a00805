package io.portward.config.model;

import java.util.regex.Pattern;

/**
 * One server of a backend.
 *
 * @param address as written, `host:port`; the `server` label of metrics
 * @param host name or literal address without brackets
 * @param weight share of the traffic relative to the other servers, 1 or more
 */
public record ServerConfig(String address, String host, int port, int weight) {

    /** The most that one server can weigh; keeps the sums of weighted round robin far from overflow. */
    public static final int MAX_WEIGHT = 1000;

    private static final String EXPECTED = " (expected: 127.0.0.1:8080, app.internal:8080 or \"[::1]:8080\")";

    // Underscores are not host names (RFC 1123 §2.1), but container networks use them and resolvers accept them.
    private static final Pattern NAME = Pattern.compile(
            "(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,62}))*\\.?");
    private static final Pattern ALL_NUMERIC = Pattern.compile("[0-9.]+");

    public ServerConfig {
        if (port < 0 || port > 65535) {
            throw new IllegalArgumentException("port: " + port + " (expected: 0 to 65535)");
        }
        if (weight < 1 || weight > MAX_WEIGHT) {
            throw new IllegalArgumentException("weight: " + weight + " (expected: 1 to " + MAX_WEIGHT + ")");
        }
    }

    /**
     * Reads {@code host:port}.
     *
     * @throws IllegalArgumentException with a message for the operator
     */
    public static ServerConfig parse(String address, int weight) {
        if (address.contains("://")) {
            String rest = address.substring(address.indexOf("://") + 3);
            throw new IllegalArgumentException("'" + address + "' is a URL; write only host and port: "
                    + (rest.contains("/") ? rest.substring(0, rest.indexOf('/')) : rest));
        }
        int colon = address.lastIndexOf(':');
        if (colon < 0 || address.endsWith("]")) {
            throw new IllegalArgumentException("'" + address + "' names no port" + EXPECTED);
        }
        String host = address.substring(0, colon);
        int port = PortNumber.parse(address.substring(colon + 1), 1);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        String bare = bracketed ? host.substring(1, host.length() - 1) : host;
        boolean literal = IpLiteral.parse(bare) != null;
        boolean name =
                NAME.matcher(bare).matches() && !ALL_NUMERIC.matcher(bare).matches();
        if (bracketed != bare.contains(":") || (!literal && !name)) {
            throw new IllegalArgumentException("'" + host + "' is not a host name or address" + EXPECTED);
        }
        return new ServerConfig(address, bare, port, weight);
    }
}
