package io.portward.config.model;

/**
 * Upper bounds on what a client may send.
 *
 * @param headerBytes of a request's or response's header section
 * @param headerCount fields in a header section
 * @param uriBytes of the request target
 */
public record LimitConfig(int headerBytes, int headerCount, int uriBytes) {}
