package io.portward.config.model;

/**
 * One server of a backend.
 *
 * @param address as written, `host:port`; the `server` label of metrics
 * @param host name or literal address without brackets
 * @param weight share of the traffic relative to the other servers, 1 or more
 */
public record ServerConfig(String address, String host, int port, int weight) {}
