/**
 * Bytes from one channel to another and back, as fast as the slower side takes them. Knows no protocol.
 */
@NullMarked
package io.portward.core.relay;

import org.jspecify.annotations.NullMarked;
