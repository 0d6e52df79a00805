package io.portward.config.model;

/**
 * A route that is answered without a backend.
 *
 * @param status 200 to 599
 * @param body empty for none
 * @param contentType of the body
 */
public record RespondConfig(int status, String body, String contentType) {}
