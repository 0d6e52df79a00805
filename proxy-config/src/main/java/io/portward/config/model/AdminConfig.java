package io.portward.config.model;

/**
 * The port for metrics and probes.
 *
 * @param allowRemote must be set for an address that is not loopback
 */
public record AdminConfig(ListenAddress listen, boolean allowRemote) {}
