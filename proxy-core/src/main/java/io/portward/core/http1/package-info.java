/**
 * The HTTP/1 front end: requests of one connection in order, one exchange at a time, and the redirect port.
 *
 * <p>{@link io.portward.core.http1.Http1Connection} is the entry for https ports, {@link io.portward.core.http1.RedirectHandler} for redirect
 * ports.
 */
@NullMarked
package io.portward.core.http1;

import org.jspecify.annotations.NullMarked;
