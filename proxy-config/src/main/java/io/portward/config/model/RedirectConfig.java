package io.portward.config.model;

/**
 * A route that sends clients elsewhere.
 *
 * @param status 301, 302, 303, 307 or 308 (RFC 9110 §15.4)
 */
public record RedirectConfig(LocationTemplate to, int status) {}
