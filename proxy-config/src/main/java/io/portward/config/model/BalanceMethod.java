package io.portward.config.model;

/** How the server of a request, or of a connection to a TCP port, is chosen. All respect the servers' weights. */
public enum BalanceMethod {
    /** In turns. */
    ROUND_ROBIN,
    /** Of two servers drawn by lot the one with fewer requests or connections for its weight. */
    LEAST_REQUESTS,
    /** By lot. */
    RANDOM,
    /** The same client address goes to the same server. */
    HASH_SOURCE,
    /** The same value of a header field goes to the same server. */
    HASH_HEADER,
    /** The same value of a cookie goes to the same server. */
    HASH_COOKIE
}
