/**
 * The port for machines that watch Portward: {@code /metrics}, {@code /backends}, {@code /healthz}, {@code /readyz}.
 *
 * <p>{@link io.portward.server.admin.AdminServer} is the entry. It reads and never changes anything, speaks plain HTTP/1 and belongs on the
 * loopback interface. Threading: Netty's event loops, with one thread of its own for scrapes.
 */
@NullMarked
package io.portward.server.admin;

import org.jspecify.annotations.NullMarked;
