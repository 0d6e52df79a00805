/**
 * Rules of HTTP that hold whatever the version on either side: which requests are refused, which headers travel, what an error looks like.
 *
 * <p>Everything here is a pure function of messages, called on event loops; nothing here knows a channel.
 */
@NullMarked
package io.portward.core.http;

import org.jspecify.annotations.NullMarked;
