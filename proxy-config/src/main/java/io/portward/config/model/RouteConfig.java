package io.portward.config.model;

import org.jspecify.annotations.Nullable;

/**
 * Which requests go to which backend.
 *
 * @param host exact name or `*.example.com`, lower case; null matches any
 * @param path prefix on segment borders, starting with a slash; null matches any
 * @param backend a key of {@link Configuration#backends()}
 */
public record RouteConfig(@Nullable String host, @Nullable String path, String backend) {}
