package io.portward.config.model;

import java.time.Duration;

/**
 * How long Portward waits.
 *
 * @param headers for a complete request header section, counted from its first byte; also for the backend's response header section
 * @param idle for an https connection without a request, and for a request or response that makes no progress
 * @param connect for a connection to a server of a backend
 * @param tcpIdle for a `tls`, mail or upgraded connection on which neither side says anything
 */
public record TimeoutConfig(Duration headers, Duration idle, Duration connect, Duration tcpIdle) {}
