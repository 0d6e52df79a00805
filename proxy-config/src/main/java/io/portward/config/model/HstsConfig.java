package io.portward.config.model;

import java.time.Duration;

/** The Strict-Transport-Security header of an https port (RFC 6797). */
public record HstsConfig(Duration maxAge, boolean includeSubDomains, boolean preload) {}
