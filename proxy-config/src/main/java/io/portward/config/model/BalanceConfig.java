package io.portward.config.model;

import java.util.regex.Pattern;

/**
 * How the servers of a backend share its traffic.
 *
 * @param name of the header field or cookie whose value is hashed; empty for the other methods
 */
public record BalanceConfig(BalanceMethod method, String name) {

    /** RFC 9110 §5.6.2, which RFC 6265 §4.1.1 uses for cookies too. */
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");

    private static final String EXPECTED = " (expected: source, header:NAME or cookie:NAME)";

    /** Below the pattern that its constructor needs. */
    public static final BalanceConfig ROUND_ROBIN = new BalanceConfig(BalanceMethod.ROUND_ROBIN, "");

    public BalanceConfig {
        boolean named = method == BalanceMethod.HASH_HEADER || method == BalanceMethod.HASH_COOKIE;
        if (named != TOKEN.matcher(name).matches()) {
            throw new IllegalArgumentException("'" + name + "' is not a name of a header or cookie" + EXPECTED);
        }
    }

    /**
     * Reads what is hashed: {@code source}, {@code header:NAME} or {@code cookie:NAME}.
     *
     * @throws IllegalArgumentException with a message for the operator
     */
    public static BalanceConfig parseHash(String text) {
        int colon = text.indexOf(':');
        String kind = colon < 0 ? text : text.substring(0, colon);
        String name = text.substring(colon + 1).strip();
        if (text.equals("source")) {
            return new BalanceConfig(BalanceMethod.HASH_SOURCE, "");
        }
        if (colon >= 0 && kind.equals("header")) {
            return new BalanceConfig(BalanceMethod.HASH_HEADER, name);
        }
        if (colon >= 0 && kind.equals("cookie")) {
            return new BalanceConfig(BalanceMethod.HASH_COOKIE, name);
        }
        throw new IllegalArgumentException("'" + text + "' cannot be hashed" + EXPECTED);
    }

    /** The inverse of {@link #parseHash}; empty when nothing is hashed. */
    public String hash() {
        return switch (method) {
            case ROUND_ROBIN, LEAST_REQUESTS, RANDOM -> "";
            case HASH_SOURCE -> "source";
            case HASH_HEADER -> "header:" + name;
            case HASH_COOKIE -> "cookie:" + name;
        };
    }

    /** Whether only HTTP requests have what is hashed. */
    public boolean needsHttp() {
        return method == BalanceMethod.HASH_HEADER || method == BalanceMethod.HASH_COOKIE;
    }
}
