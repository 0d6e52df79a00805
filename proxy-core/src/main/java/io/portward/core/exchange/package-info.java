/**
 * One request and its response, whatever the protocols on either side: route, backend, forwarding, timeouts, retry, abort.
 *
 * <p>{@link io.portward.core.exchange.Exchange} is driven by a front end (http1, http2) through its public methods and answers through
 * {@link io.portward.core.exchange.ResponseSink}. Everything happens on the event loop of the client's connection.
 */
@NullMarked
package io.portward.core.exchange;

import org.jspecify.annotations.NullMarked;
