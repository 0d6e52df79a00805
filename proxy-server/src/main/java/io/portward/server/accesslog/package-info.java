/**
 * The access log: takes records from event loops, writes lines on a thread of its own.
 *
 * <p>{@link io.portward.server.accesslog.AccessLogWriter} is the way in, {@link io.portward.server.accesslog.LoggingObserver} what connects it with
 * the data plane. Knows nothing of metrics; its counters are read by whoever wants them.
 */
@NullMarked
package io.portward.server.accesslog;

import org.jspecify.annotations.NullMarked;
