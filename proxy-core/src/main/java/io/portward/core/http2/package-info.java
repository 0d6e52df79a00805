/**
 * The HTTP/2 front end towards clients: frames on one side, {@link io.portward.core.exchange.Exchange} on the other.
 *
 * <p>{@link io.portward.core.http2.Http2FrontEnd} is the entry. Streams are not channels: each is one
 * {@link io.portward.core.http2.Http2Exchange} kept as a property of Netty's stream. Everything runs on the event loop of the connection.
 */
@NullMarked
package io.portward.core.http2;

import org.jspecify.annotations.NullMarked;
