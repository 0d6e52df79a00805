/**
 * The way to the backends: choice of a server, its health, connecting, TLS, the pool of idle connections,
 * and HTTP/1.1 or HTTP/2 spoken over them.
 *
 * <p>{@link io.portward.core.upstream.Backends} is the entry; it hands out one {@link io.portward.core.upstream.BackendPool} for each event
 * loop and backend, so nothing here is shared between threads but counters and the servers' state.
 */
@NullMarked
package io.portward.core.upstream;

import org.jspecify.annotations.NullMarked;
